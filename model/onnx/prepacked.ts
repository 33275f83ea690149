// Reads from a model that ONNX Runtime saved where the packed form of an initializer stands in its data file.
//
// Source: tensor_external_data_info.cc. An entry of external_data whose key begins with `prepacked` has the value
// `key|offset;length;checksum`; the key names the operator and the hash of what its kernel packs.

import { ModelProto } from './schema.js';

export interface Prepacked {
  readonly key: string;
  readonly offset: number;
  readonly length: number;
}

interface Saved {
  readonly graph?: {
    readonly initializer?: readonly {
      readonly name: string;
      readonly externalData?: readonly { readonly key: string; readonly value: string }[];
    }[];
  };
}

/** Undefined where the kernel packs nothing, or in several pieces. */
export function prepackedOf(model: Uint8Array, initializer: string): Prepacked | undefined {
  const { graph } = ModelProto.decode(model) as Saved;
  const entries = graph?.initializer?.find(({ name }) => name === initializer)?.externalData ?? [];
  const found = entries.filter(({ key }) => key.startsWith('prepacked'));
  const [, key, offset, length] = /^([^|]+)\|(\d+);(\d+);[^|]*$/.exec(found[0]?.value ?? '') ?? [];
  if (found.length !== 1 || key === undefined) return undefined;
  return { key, offset: Number(offset), length: Number(length) };
}

export const prepackedEntry = ({ key, offset, length }: Prepacked) => ({
  key: 'prepacked_0',
  value: `${key}|${offset};${length};0`,
});

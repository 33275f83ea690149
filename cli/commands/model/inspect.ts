// skein model inspect: what a model's files hold, from their headers.

import { metadataOf } from '../../../model/formats/ggufMetadata.js';
import type { WeightSource } from '../../../model/formats/source.js';
import { modelSha256, modelStamp } from '../../../platform/modelFiles.js';
import { examples, type Register, terminalOf } from '../../context.js';
import { size } from '../../ui/format.js';
import { table } from '../../ui/table.js';
import { type Channel, printResult } from '../../ui/terminal.js';
import { type ModelOptions, withHeader, withModelOption } from './options.js';

export const registerInspect: Register = (program, { signal }) => {
  withModelOption(program.command('inspect'))
    .description('show what a model file holds')
    .option('--hash', 'also read everything for its SHA-256, the name that a fleet knows it by')
    .addHelpText(
      'after',
      examples('skein model inspect', 'skein model inspect --model tiny.gguf --hash --json'),
    )
    .action(async (options: ModelOptions & { readonly hash?: boolean }) => {
      const at = terminalOf(options);
      const found = await withHeader(options, at.progress, signal, async (model, file) => ({
        file,
        bytes: (await modelStamp(file)).bytes,
        ...(options.hash === true && { sha256: await modelSha256(file, signal) }),
        ...inspect(model),
      }));
      printResult(at, found, draw);
    });
};

/** Sizes of a decoder by the end of their key, below the name of the architecture. */
const sizeKeys = {
  layers: 'block_count',
  hidden: 'embedding_length',
  feedForward: 'feed_forward_length',
  heads: 'attention.head_count',
  kvHeads: 'attention.head_count_kv',
  contextLength: 'context_length',
} as const;

export function inspect(model: WeightSource) {
  const text = (key: string): string | null => metadataOf(model, key, 'string') ?? null;
  const number = (key: string): number | null => metadataOf(model, key, 'number') ?? null;
  const architecture = text('general.architecture');
  const tensors = [...model.tensors.values()];
  const types = [...new Set(tensors.map(({ type }) => type))].map(type => {
    const ofType = tensors.filter(tensor => tensor.type === type);
    return {
      type,
      count: ofType.length,
      values: ofType.reduce((sum, { shape }) => sum + shape.reduce((count, size) => count * size, 1), 0),
      bytes: ofType.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  });
  return {
    format: model.format,
    name: text('general.name'),
    licence: text('general.license'),
    architecture,
    parameters: types.reduce((sum, { values }) => sum + values, 0),
    sizes: Object.fromEntries(
      Object.entries(sizeKeys).map(([name, key]) => [name, number(`${architecture}.${key}`)]),
    ),
    tensors: types.sort((a, b) => b.bytes - a.bytes),
    tokenizer: {
      model: text('tokenizer.ggml.model'),
      pre: text('tokenizer.ggml.pre'),
      tokens: metadataOf(model, 'tokenizer.ggml.tokens', 'strings')?.length ?? null,
      bos: number('tokenizer.ggml.bos_token_id'),
      eos: number('tokenizer.ggml.eos_token_id'),
      addsBos: metadataOf(model, 'tokenizer.ggml.add_bos_token', 'boolean') ?? null,
      chatTemplate: text('tokenizer.chat_template') !== null,
    },
  };
}

type Inspected = ReturnType<typeof inspect> & {
  readonly file: string;
  readonly bytes: number;
  readonly sha256?: string;
};

function draw(found: Inspected, out: Channel): string {
  const { sizes, tokenizer } = found;
  const shown = (value: string | number | null | undefined): string =>
    value === null || value === undefined ? '–' : String(value);
  const rows: readonly (readonly [string, string])[] = [
    ['file', `${found.file} (${size(found.bytes)}, ${found.format})`],
    ...(found.sha256 === undefined ? [] : [['SHA-256', found.sha256] as const]),
    ['name', `${shown(found.name)}, licence ${shown(found.licence)}`],
    [
      'model',
      `${shown(found.architecture)}, ${(found.parameters / 1e6).toFixed(1)} M parameters, ${shown(sizes.layers)} layers`,
    ],
    [
      'sizes',
      `hidden ${shown(sizes.hidden)}, feed-forward ${shown(sizes.feedForward)}, ${shown(sizes.heads)} heads, ${shown(sizes.kvHeads)} key-value heads, context ${shown(sizes.contextLength)}`,
    ],
    [
      'tokenizer',
      `${shown(tokenizer.model)} (${shown(tokenizer.pre)}), ${shown(tokenizer.tokens)} tokens, ${tokenizer.chatTemplate ? 'with' : 'without'} a chat template`,
    ],
  ];
  const lines = rows.map(([name, value]) => `${out.style('dim', name.padEnd(10))} ${value}`);
  const types = table(
    out,
    [
      { head: 'type' },
      { head: 'tensors', align: 'right' },
      { head: 'values', align: 'right' },
      { head: 'bytes', align: 'right' },
    ],
    found.tensors.map(({ type, count, values, bytes }) => [type, String(count), String(values), size(bytes)]),
  );
  return `${lines.join('\n')}\n\n${types}`;
}

// Builds an ONNX graph node by node and serialises it: the only writer of ONNX models.

import { SkeinError } from '../../core/errors.js';
import { type ArrayOf, type DType, dtypes, elementCount, type TensorData } from './dtypes.js';
import { type Attributes, type OpName, ops, opsets } from './ops.js';
import { type Prepacked, prepackedEntry } from './prepacked.js';
import { type AttributeKind, attributeKinds, externalLocation, ModelProto } from './schema.js';

/** The name of a value in the graph. */
export type Value = string;

/**
 * Sizes, or names of sizes that are known only at run time: the same name is the same size. Where the name is empty nothing
 * is known, and the runtime gives every value memory of its own instead of that of an earlier one of the same shape.
 */
export type GraphShape = readonly (number | string)[];

/**
 * What external initializers name as their file. ONNX Runtime checks that it exists below the folder that the session
 * names (model/runtime names the package onnxruntime-node), but reads nothing of it where the content is supplied.
 */
export const externalFile = 'package.json';

/** An input that an operator leaves out. */
export const absent: Value = '';

export interface BuiltGraph {
  /** A serialised ModelProto. */
  readonly bytes: Uint8Array;
  /** Initializers that the session must be given (`SessionOptions.initializers`), in the order declared. */
  readonly externals: readonly External[];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

export interface External {
  readonly name: Value;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export class GraphBuilder {
  readonly #name: string;
  readonly #nodes: object[] = [];
  readonly #initializers: object[] = [];
  readonly #inputs: object[] = [];
  readonly #outputs: object[] = [];
  readonly #inputNames: Value[] = [];
  readonly #outputNames: Value[] = [];
  readonly #externals = new Map<Value, External>();
  readonly #constants = new Map<string, Value>();
  readonly #defined = new Set<Value>();
  #count = 0;

  constructor(name: string) {
    this.#name = name;
  }

  input(name: Value, dtype: DType, shape: GraphShape): Value {
    this.#inputs.push(valueInfo(name, dtype, shape));
    this.#inputNames.push(name);
    return this.#define(name);
  }

  /** Declares a value as an output of the graph; the shape may be left to ONNX Runtime. */
  output(value: Value, dtype: DType, shape?: GraphShape): void {
    this.#outputs.push(valueInfo(value, dtype, shape));
    this.#outputNames.push(value);
  }

  /** An initializer whose content stands outside the model and is supplied to the session by name. Once per name. */
  external(name: Value, dtype: DType, shape: readonly number[]): Value {
    if (this.#externals.has(name)) return name;
    this.#externals.set(name, { name, dtype, shape });
    return this.#outside(name, dtype, shape, externalFile);
  }

  /** An initializer at the beginning of a file in the session's folder, with its packed form behind it. Once per name. */
  mapped(
    name: Value,
    dtype: DType,
    shape: readonly number[],
    file: { readonly location: string; readonly prepacked?: Prepacked },
  ): Value {
    if (this.#defined.has(name)) return name;
    return this.#outside(name, dtype, shape, file.location, file.prepacked);
  }

  has(name: Value): boolean {
    return this.#defined.has(name);
  }

  #outside(
    name: Value,
    dtype: DType,
    shape: readonly number[],
    location: string,
    prepacked?: Prepacked,
  ): Value {
    const bytes = elementCount(shape) * dtypes[dtype].bytes;
    this.#initializers.push({
      name,
      dims: shape,
      dataType: dtypes[dtype].code,
      dataLocation: externalLocation,
      externalData: [
        { key: 'location', value: location },
        { key: 'offset', value: '0' },
        { key: 'length', value: String(bytes) },
        ...(prepacked === undefined ? [] : [prepackedEntry(prepacked)]),
      ],
    });
    return this.#define(name);
  }

  /** A small initializer inside the model. The same content is held once where no name is asked for. */
  constant<D extends DType>(dtype: D, values: ArrayOf<D>, shape: readonly number[], name?: Value): Value {
    if (values.length !== elementCount(shape)) {
      throw new SkeinError(
        'internal',
        `A constant of ${values.length} values cannot have shape [${shape.join(', ')}].`,
      );
    }
    const key = name ?? `${dtype}[${shape.join(',')}]${values.join(',')}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const value = name ?? `const${this.#constants.size}`;
    const raw = bytesOf(values);
    this.#initializers.push({ name: value, dims: shape, dataType: dtypes[dtype].code, rawData: raw });
    this.#constants.set(key, value);
    return this.#define(value);
  }

  /** A float32 scalar. */
  float(value: number): Value {
    return this.constant('float32', Float32Array.of(value), []);
  }

  /** A list of int64: a shape, axes, indices. */
  ints(...values: number[]): Value {
    return this.constant('int64', BigInt64Array.from(values, BigInt), [values.length]);
  }

  /** Adds a node with one output and returns it. `name` names the output. */
  node<O extends OpName>(op: O, inputs: readonly Value[], attributes?: Attributes<O>, name?: Value): Value {
    const output = name ?? `v${this.#count}`;
    this.nodes(op, inputs, attributes, [output]);
    return output;
  }

  /** Adds a node with the outputs named; `absent` leaves one out. A number: that many, named by the builder. */
  nodes<O extends OpName>(
    op: O,
    inputs: readonly Value[],
    attributes: Attributes<O> | undefined,
    outputs: readonly Value[] | number,
  ): Value[] {
    for (const input of inputs) {
      if (input !== absent && !this.#defined.has(input)) {
        throw new SkeinError('internal', `${op} reads ${input}, which no node before it makes.`);
      }
    }
    const id = this.#count++;
    const names =
      typeof outputs === 'number' ? Array.from({ length: outputs }, (_, i) => `v${id}_${i}`) : [...outputs];
    this.#nodes.push({
      name: `${op}_${id}`,
      opType: op,
      domain: ops[op].domain,
      input: inputs,
      output: names,
      attribute: Object.entries(attributes ?? {}).map(([key, value]) => attribute(op, key, value)),
    });
    for (const name of names) if (name !== absent) this.#define(name);
    return names;
  }

  build(): BuiltGraph {
    for (const name of this.#outputNames) {
      if (!this.#defined.has(name))
        throw new SkeinError('internal', `The output ${name} is made by no node.`);
    }
    const model = {
      irVersion: 10,
      producerName: 'skein',
      opsetImport: Object.entries(opsets).map(([domain, version]) => ({ domain, version })),
      graph: {
        name: this.#name,
        node: this.#nodes,
        initializer: this.#initializers,
        input: this.#inputs,
        output: this.#outputs,
      },
    };
    return {
      bytes: ModelProto.encode(model as never).finish(),
      externals: [...this.#externals.values()],
      inputs: this.#inputNames,
      outputs: this.#outputNames,
    };
  }

  #define(name: Value): Value {
    if (this.#defined.has(name)) throw new SkeinError('internal', `The value ${name} is made twice.`);
    this.#defined.add(name);
    return name;
  }
}

function attribute(op: OpName, name: string, value: unknown): object {
  const kind = (ops[op].attributes as Readonly<Record<string, AttributeKind>>)[name];
  if (kind === undefined) throw new SkeinError('internal', `${op} has no attribute ${name}.`);
  const { type, field } = attributeKinds[kind];
  return { name, type, [field]: kind === 'string' ? new TextEncoder().encode(value as string) : value };
}

function valueInfo(name: Value, dtype: DType, shape: GraphShape | undefined): object {
  const dim = shape?.map(sizeInfo);
  const tensorType = { elemType: dtypes[dtype].code, ...(dim === undefined ? {} : { shape: { dim } }) };
  return { name, type: { tensorType } };
}

const sizeInfo = (size: number | string): object => {
  if (typeof size === 'number') return { dimValue: size };
  return size === '' ? {} : { dimParam: size };
};

/** Little-endian, as ONNX wants raw data; all platforms of ONNX Runtime are. */
function bytesOf(values: TensorData): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

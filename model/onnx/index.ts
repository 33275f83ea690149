// ONNX graphs as data: builder, operator table, element types.

export { type ArrayOf, type DType, dtypes, elementCount, type TensorData } from './dtypes.js';
export {
  absent,
  type BuiltGraph,
  type External,
  externalFile,
  GraphBuilder,
  type GraphShape,
  type Value,
} from './graph.js';
export { type Attributes, type OpName, ops, opsets } from './ops.js';
export { type Prepacked, prepackedOf } from './prepacked.js';

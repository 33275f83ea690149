// ONNX Runtime for the rest of model/: sessions, tensors, bound runs. No pointer leaves this folder.

export { Binding, type Bindings } from './binding.js';
export { liveHandles } from './handle.js';
export { PrepackedWeights, Session, type SessionOptions } from './session.js';
export { Tensor } from './tensor.js';

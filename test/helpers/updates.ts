// Updates for tests: believable in form, free in content and size.

import { encodeUpdate } from '../../proto/codec.js';

/** About `values` * 4 bytes; another `seed` is another update. */
export const someUpdate = (seed: number, values = 10): Uint8Array =>
  encodeUpdate({
    nonce: new Uint8Array(16).fill(seed),
    examples: 1,
    startRelease: '',
    tensors: [
      {
        name: 'model.layers.0.self_attn.q_proj.lora_B.weight',
        shape: [values],
        values: Float32Array.from({ length: values }, (_, i) => Math.sin(i + seed)),
      },
    ],
  });

// The adapter that fixtures give by a formula of row, column and layer, in PEFT's names and row order.

import { adapterTensors } from '../../model/architecture/adapterNames.js';
import { type ModelHeader, readConfig } from '../../model/architecture/config.js';
import type { Adapter } from '../../model/engine/types.js';

/** A is within 1 / `inputs`, B within `outputs`. */
export function formulaAdapter(
  model: ModelHeader,
  shape: Adapter['shape'],
  { inputs = 24, outputs = 0.02 }: { readonly inputs?: number; readonly outputs?: number } = {},
): Adapter {
  const tensors = adapterTensors(readConfig(model), shape).map(({ name, side, layer, shape: size }) => {
    const values = Float32Array.from({ length: size[0] * size[1] }, (_, n) => {
      const [i, j] = [Math.floor(n / size[1]), n % size[1]];
      return side === 'A'
        ? (((31 * i + 17 * j + 7 * layer) % 101) - 50) / 50 / inputs
        : ((((13 * i + 7 * j + 11 * layer) % 97) - 48) / 48) * outputs;
    });
    return { name, shape: size, values };
  });
  return { shape, tensors };
}

// The adapter of SmolLM2-135M that test/fixtures/lora-gradients.json starts from: its formulas written out.

import { peftName } from '../../model/architecture/adapterNames.js';
import type { AdapterSide } from '../../model/architecture/graph.js';
import type { Adapter } from '../../model/engine/types.js';
import type { AdapterShape, NamedTensor } from '../../proto/messages.js';

/** Of rank 8 on q and v. */
export function startAdapter(shape: AdapterShape): Adapter {
  const tensor = (
    layer: number,
    target: 'q' | 'v',
    side: AdapterSide,
    rows: number,
    columns: number,
  ): NamedTensor => {
    const values = new Float32Array(rows * columns);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        const a = (((31 * i + 17 * j + 7 * layer) % 101) - 50) / 50 / 24;
        const b = ((((13 * i + 7 * j + 11 * layer) % 97) - 48) / 48) * 0.02;
        values[i * columns + j] = side === 'A' ? a : b;
      }
    }
    return { name: peftName(layer, target, side), shape: [rows, columns], values };
  };
  const layers = Array.from({ length: 30 }, (_, layer) => [
    tensor(layer, 'q', 'A', 8, 576),
    tensor(layer, 'q', 'B', 576, 8),
    tensor(layer, 'v', 'A', 8, 576),
    tensor(layer, 'v', 'B', 192, 8),
  ]);
  return { shape, tensors: layers.flat().sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

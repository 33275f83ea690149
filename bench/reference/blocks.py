"""Writes test/fixtures/blocks.json: random blocks of each GGUF type as the `gguf` package decodes them.

    python bench/reference/blocks.py     # needs: pip install gguf
"""

import base64
import json
import pathlib

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, quants

OUT = pathlib.Path(__file__).parents[2] / "test/fixtures/blocks.json"
# Where half-precision numbers stand in a block: random bytes there would be infinite or not a number.
HALVES = {
    "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q8_0": [0],
    "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208],
}

rng = np.random.default_rng(7)
text = lambda array: base64.b64encode(array.tobytes()).decode()
fixture = {}
for name, halves in HALVES.items():
    kind = GGMLQuantizationType[name]
    values, size = GGML_QUANT_SIZES[kind]
    blocks = 3 if values == 32 else 2
    data = rng.integers(0, 256, (blocks, size), dtype=np.uint8)
    for block in data:
        for at in halves:
            block[at:at + 2] = np.frombuffer(np.float16(rng.normal(0, 0.01)).tobytes(), np.uint8)
    decoded = quants.dequantize(data, kind).astype("<f4")
    fixture[name] = {"bytes": text(data), "values": text(decoded)}
OUT.write_text(json.dumps(fixture, indent=2) + "\n")

"""Writes test/fixtures/embeddings.json: pooled hidden states of SmolLM2-135M as transformers computes them in float32.

    python bench/reference/embeddings.py FOLDER FILE.gguf     # needs: pip install torch transformers gguf
"""

import base64
import json
import pathlib
import sys

import torch
from transformers import AutoModel

OUT = pathlib.Path(__file__).parents[2] / "test/fixtures/embeddings.json"

folder, file = sys.argv[1:]
model = AutoModel.from_pretrained(folder, gguf_file=file, dtype=torch.float32).eval()


def packed(vector):
    return base64.b64encode((vector / vector.norm()).numpy().astype("<f4").tobytes()).decode()


cases = []
for ids in [504, 3575, 282, 4649, 314], list(range(1000, 1300, 7)):
    with torch.no_grad():
        states = model(torch.tensor([ids])).last_hidden_state[0]
    cases.append({"ids": ids, "mean": packed(states.mean(0)), "last": packed(states[-1])})
OUT.write_text(json.dumps(cases) + "\n")

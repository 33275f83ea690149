"""Adapters and Python's PEFT, in both directions. Needs: pip install torch transformers peft gguf

    python bench/reference/adapters.py fixture          # writes test/fixtures/peft
    python bench/reference/adapters.py MODEL.gguf DIR   # called by bench/peft.mjs

In DIR stand ids.json and folders ours-CASE. Each is loaded by PEFT onto the float32 model; then PEFT makes adapters of its
own, theirs-CASE. The logits after the last id of each sequence go to logits.safetensors, by the folder's name.
"""

import json
import pathlib
import sys

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

ROOT = pathlib.Path(__file__).parents[2] / "test/fixtures"
QV = ["q_proj", "v_proj"]
CASES = {
    "qv": dict(r=8, lora_alpha=16, target_modules=QV),
    "all": dict(r=5, lora_alpha=10, target_modules="all-linear"),
    "rslora": dict(r=4, lora_alpha=6, target_modules=["k_proj", "o_proj", "down_proj"], use_rslora=True),
    "pattern": dict(r=3, lora_alpha=3, target_modules=r".*\.(gate|up)_proj"),
}


def logits(model, sequences):
    with torch.no_grad():
        return torch.stack([model(input_ids=torch.tensor([ids])).logits[0, -1] for ids in sequences]).float()


def make(base, case, sequences, folder, dtype):
    """An adapter whose two matrices both count, as PEFT stores it; the base is as it was afterwards."""
    generator = torch.Generator().manual_seed(len(case))
    model = get_peft_model(base, LoraConfig(task_type="CAUSAL_LM", **CASES[case]))
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            noise = torch.randn(parameter.shape, generator=generator)
            scale = parameter.shape[1] ** -0.5 if "lora_A" in name else 0.03
            parameter.data = (noise * scale).to(dtype).float()
    found = logits(model.eval(), sequences)
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            parameter.data = parameter.data.to(dtype)
    model.save_pretrained(folder)
    (pathlib.Path(folder) / "README.md").unlink()
    model.unload()
    return found


def fixture():
    target = ROOT / "peft"
    base = AutoModelForCausalLM.from_pretrained(ROOT / "families/llama", dtype=torch.float32).eval()
    base.name_or_path = "families/llama"
    sequences = [[(29 * i + 5) % 261 for i in range(12)]]
    found = {"base": logits(base, sequences)}
    for case in CASES:
        # Two are stored in halves, one of each kind.
        dtype = {"qv": torch.bfloat16, "rslora": torch.float16}.get(case, torch.float32)
        found[case] = make(base, case, sequences, target / case, dtype)
    save_file(found, target / "logits.safetensors")
    (target / "ids.json").write_text(json.dumps(sequences) + "\n")


def both_directions(model_file, folder):
    file, folder = pathlib.Path(model_file), pathlib.Path(folder)
    sequences = json.loads((folder / "ids.json").read_text())
    base = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32).eval()
    found = {"base": logits(base, sequences)}
    for ours in sorted(folder.glob("ours-*")):
        model = PeftModel.from_pretrained(base, ours).eval()
        found[ours.name] = logits(model, sequences)
        base = model.unload()
    for case in CASES:
        dtype = torch.bfloat16 if case == "rslora" else torch.float32
        found[f"theirs-{case}"] = make(base, case, sequences, folder / f"theirs-{case}", dtype)
    save_file(found, folder / "logits.safetensors")


if sys.argv[1:] == ["fixture"]:
    fixture()
else:
    both_directions(*sys.argv[1:])

"""Writes test/fixtures/gemma-gradients.{json,safetensors}: LoRA gradients of Gemma 3 270M for one example, by PyTorch.

    python bench/reference/gemma.py gemma-3-270m-q4_k_m.gguf     # needs: pip install torch transformers peft gguf

Float32 of the dequantised file, eager attention. The adapter has rank 4 on all linear maps, its weights by a formula.
The JSON has the loss and the norm of every gradient; the other file q and v of three layers in full (the sixth sees all).
"""

import json
import pathlib
import sys

import numpy as np
import torch
from gguf import GGUFReader, quants
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import Gemma3ForCausalLM, Gemma3TextConfig

OUT = pathlib.Path(__file__).parents[2] / "test/fixtures"
RANK, ALPHA, FULL = 4, 8, [0, 5, 17]
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
NAMES = {
    "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj", "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm",
    "attn_norm": "input_layernorm", "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm", "post_ffw_norm": "post_feedforward_layernorm",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
}

reader = GGUFReader(sys.argv[1])
number = lambda key: reader.fields[f"gemma3.{key}"].contents()
config = Gemma3TextConfig(
    vocab_size=262144, hidden_size=number("embedding_length"), intermediate_size=number("feed_forward_length"),
    num_hidden_layers=number("block_count"), num_attention_heads=number("attention.head_count"),
    num_key_value_heads=number("attention.head_count_kv"), head_dim=number("attention.key_length"),
    query_pre_attn_scalar=number("attention.key_length"), sliding_window=number("attention.sliding_window"),
    rms_norm_eps=number("attention.layer_norm_rms_epsilon"), max_position_embeddings=number("context_length"),
    rope_parameters={"full_attention": {"rope_type": "default", "rope_theta": number("rope.freq_base")},
                     "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0}},
    hidden_activation="gelu_pytorch_tanh", tie_word_embeddings=True, attn_implementation="eager")
state = {}
for tensor in reader.tensors:
    values = torch.tensor(quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32))
    if tensor.name == "token_embd.weight":
        state["model.embed_tokens.weight"] = values
    elif tensor.name == "output_norm.weight":
        state["model.norm.weight"] = values - 1
    else:
        _, layer, part, _ = tensor.name.split(".")
        state[f"model.layers.{layer}.{NAMES[part]}.weight"] = values - 1 if "norm" in part else values
model = Gemma3ForCausalLM(config).float()
missing = model.load_state_dict(state, strict=False)
assert missing.missing_keys == ["lm_head.weight"] and not missing.unexpected_keys, missing
model.tie_weights()

model = get_peft_model(model, LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=TARGETS, lora_dropout=0.0))
trained = {name: p for name, p in model.named_parameters() if "lora_" in name}
for name, parameter in trained.items():
    layer = int(name.split(".layers.")[1].split(".")[0])
    i, j = np.indices(tuple(parameter.shape))
    parameter.data = torch.tensor(
        (((31 * i + 17 * j + 7 * layer) % 101) - 50) / 50 / 24 if "lora_A" in name
        else (((13 * i + 7 * j + 11 * layer) % 97) - 48) / 48 * 0.02, dtype=torch.float32)

# "The capital of France is" and what the model goes on with, then some words.
prompt = [2, 818, 5279, 529, 7001, 563, 506, 5279, 529, 506]
answer = [2891, 1304, 236761, 107]
ids = torch.tensor([prompt + answer])
logits = model(input_ids=ids).logits[0, len(prompt) - 1:-1]
loss = torch.nn.functional.cross_entropy(logits, ids[0, len(prompt):])
loss.backward()
plain = lambda name: name.replace("base_model.model.", "").replace(".default", "")
gradients = {plain(name): p.grad for name, p in trained.items()}
save_file({name: g.contiguous() for name, g in gradients.items()
           if int(name.split(".")[2]) in FULL and ("q_proj" in name or "v_proj" in name)},
          OUT / "gemma-gradients.safetensors")
(OUT / "gemma-gradients.json").write_text(json.dumps({
    "prompt_ids": prompt, "answer_ids": answer, "rank": RANK, "alpha": ALPHA, "loss": loss.item(),
    "norms": {name: round(g.norm().item(), 7) for name, g in sorted(gradients.items())}}, indent=1) + "\n")
print("loss", loss.item(), "gradients", len(gradients))

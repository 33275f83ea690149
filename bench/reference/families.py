"""Writes test/fixtures/families: small random models of each family, and what PyTorch makes of them.

    python bench/reference/families.py [FAMILY…]   # needs: pip install torch transformers peft gguf (llama-cpp-python)

Each folder is a Hugging Face folder (config.json, model.safetensors in BF16, no tokenizer) with the same weights as
model.gguf, converted by the rules of llama.cpp's converter. expected.safetensors: logits of a sequence at some positions,
and LoRA gradients for two sets of targets, float32, eager attention. Where llama.cpp is installed, it reads the GGUF too.
"""

import json
import pathlib
import shutil
import sys

import numpy as np
import torch
from gguf import GGMLQuantizationType, GGUFWriter, RopeScalingType
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import (
    Gemma3ForCausalLM, Gemma3TextConfig, LlamaConfig, LlamaForCausalLM,
    Qwen2Config, Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM,
)

ROOT = pathlib.Path(__file__).parents[2] / "test/fixtures/families"
VOCABULARY, WINDOW = 261, 6
RANK, ALPHA = 4, 8
TARGETS = {"qv": ["q_proj", "v_proj"],
           "all": ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]}
# Past the window, and past it twice.
IDS = [(37 * i + 11) % VOCABULARY for i in range(24)]
POSITIONS = [0, 4, 5, 6, 13, 23]
SAMPLES = [{"prompt_ids": IDS[:9], "answer_ids": [5, 77, 140, 201]},
           {"prompt_ids": IDS[12:17], "answer_ids": [99, 3]}]

shared = dict(vocab_size=VOCABULARY, hidden_size=32, intermediate_size=48, max_position_embeddings=256,
              bos_token_id=1, eos_token_id=2, pad_token_id=0, attn_implementation="eager")
heads = dict(num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1, head_dim=16)
FAMILIES = {
    # Frequencies divided as Llama 3 does: one left, one between, the others by the factor.
    "llama": lambda: LlamaForCausalLM(LlamaConfig(
        **shared, **heads, rms_norm_eps=1e-5, tie_word_embeddings=True,
        rope_parameters={"rope_type": "llama3", "rope_theta": 5000.0, "factor": 8.0, "low_freq_factor": 1.0,
                         "high_freq_factor": 4.0, "original_max_position_embeddings": 32})),
    # The one whose head is a matrix of its own.
    "qwen2": lambda: Qwen2ForCausalLM(Qwen2Config(
        **shared, **{k: v for k, v in heads.items() if k != "head_dim"}, rms_norm_eps=1e-6,
        rope_theta=20000.0, tie_word_embeddings=False)),
    # Heads that are together larger than the hidden size.
    "qwen3": lambda: Qwen3ForCausalLM(Qwen3Config(
        **shared, **{**heads, "num_attention_heads": 4, "num_key_value_heads": 2}, rms_norm_eps=1e-6, rope_theta=20000.0, tie_word_embeddings=True)),
    # Seven layers: the sixth sees all, with positions divided as in Gemma 3 4B.
    "gemma3": lambda: Gemma3ForCausalLM(Gemma3TextConfig(
        **shared, num_hidden_layers=7, num_attention_heads=2, num_key_value_heads=1, head_dim=16,
        query_pre_attn_scalar=16, sliding_window=WINDOW, rms_norm_eps=1e-6,
        rope_parameters={"full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 50000.0},
                         "sliding_attention": {"rope_type": "default", "rope_theta": 700.0}},
        hidden_activation="gelu_pytorch_tanh", tie_word_embeddings=True)),
}


def fill(model, family):
    """Weights large enough that every part counts, on BF16 values."""
    generator = torch.Generator().manual_seed(1)
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        if "norm" in name:
            value = 0.2 * noise + (0 if family == "gemma3" else 1)
        elif name.endswith("bias"):
            value = 0.3 * noise
        elif "embed" in name:
            value = noise * (0.15 if family == "gemma3" else 0.5)
        else:
            value = noise / parameter.shape[1] ** 0.5
        parameter.data = value.to(torch.bfloat16).float()
    model.tie_weights()


def adapter(name, shape):
    """The adapter's weights by a formula of row, column and layer."""
    layer = int(name.split(".layers.")[1].split(".")[0])
    i, j = np.indices(shape)
    if "lora_A" in name:
        return torch.tensor((((31 * i + 17 * j + 7 * layer) % 101) - 50) / 50 / 6, dtype=torch.float32)
    return torch.tensor((((13 * i + 7 * j + 11 * layer) % 97) - 48) / 48 * 0.1, dtype=torch.float32)


def gradients(family, targets):
    model = FAMILIES[family]()
    fill(model, family)
    model = get_peft_model(model, LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=targets, lora_dropout=0.0))
    trained = {name: p for name, p in model.named_parameters() if "lora_" in name}
    for name, parameter in trained.items():
        parameter.data = adapter(name, tuple(parameter.shape))
    total, count = 0.0, 0
    for sample in SAMPLES:
        ids = torch.tensor([sample["prompt_ids"] + sample["answer_ids"]])
        start = len(sample["prompt_ids"])
        logits = model(input_ids=ids).logits[0, start - 1:-1]
        total = total + torch.nn.functional.cross_entropy(logits, ids[0, start:], reduction="sum")
        count += len(sample["answer_ids"])
    loss = total / count
    loss.backward()
    plain = lambda name: name.replace("base_model.model.", "").replace(".default", "")
    return loss.item(), {plain(name): p.grad.clone() for name, p in trained.items()}


GGUF_NAMES = {
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
}
GEMMA_NAMES = {"post_attention_layernorm": "post_attention_norm", "pre_feedforward_layernorm": "ffn_norm",
               "post_feedforward_layernorm": "post_ffw_norm"}
OUTER = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight",
         "lm_head.weight": "output.weight"}


def gguf_name(name, family):
    if name in OUTER:
        return OUTER[name]
    _, _, layer, *part, kind = name.split(".")
    part = ".".join(part)
    names = {**GGUF_NAMES, **(GEMMA_NAMES if family == "gemma3" else {})}
    return f"blk.{layer}.{names[part]}.{kind}"


def permuted(rows, heads):
    """Halves of a head side by side, as the converter leaves llama's q and k."""
    size = rows.shape[0] // heads
    return rows.reshape(heads, 2, size // 2, -1).swapaxes(1, 2).reshape(rows.shape)


def write_gguf(model, family, path):
    config = model.config
    writer = GGUFWriter(path, family)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_key_length(head)
    writer.add_value_length(head)
    writer.add_vocab_size(VOCABULARY)
    rope = config.rope_parameters
    if family == "gemma3":
        writer.add_rope_freq_base(rope["full_attention"]["rope_theta"])
        writer.add_rope_scaling_type(RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(rope["full_attention"]["factor"])
        writer.add_float32(f"{family}.rope.freq_base_swa", rope["sliding_attention"]["rope_theta"])
        writer.add_sliding_window(config.sliding_window)
    else:
        writer.add_rope_freq_base(rope["rope_theta"])
    if family == "llama":
        writer.add_rope_dimension_count(head)
        plain = 1 / rope["rope_theta"] ** (np.arange(0, head, 2) / head)
        writer.add_tensor("rope_freqs.weight", (plain / model.model.rotary_emb.inv_freq.numpy()).astype(np.float32))
    # A tokenizer of single bytes: what GPT-2 shows them as.
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    other = [byte for byte in range(256) if byte not in plain]
    shown = {**{byte: chr(byte) for byte in plain}, **{byte: chr(256 + n) for n, byte in enumerate(other)}}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    special = ["<pad>", "<bos>", "<eos>", "<unk>"]
    writer.add_token_list(special + [shown[byte] for byte in range(256)] + [f"{shown[32]}t"])
    writer.add_token_types([3] * 4 + [1] * 257)
    writer.add_token_merges([f"{shown[32]} t"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        values = tensor.float().numpy()
        if family == "gemma3" and "norm" in name:
            values = values + 1
        if family == "llama" and "q_proj" in name:
            values = permuted(values, config.num_attention_heads)
        if family == "llama" and "k_proj" in name:
            values = permuted(values, config.num_key_value_heads)
        if values.ndim == 1:
            writer.add_tensor(gguf_name(name, family), np.ascontiguousarray(values))
            continue
        # BF16 is the upper half of a float32, and these values have nothing in the lower.
        bits = (np.ascontiguousarray(values).view(np.uint32) >> 16).astype(np.uint16)
        writer.add_tensor(gguf_name(name, family), bits.view(np.uint8), raw_dtype=GGMLQuantizationType.BF16)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def llama_cpp_difference(path, expected):
    try:
        from llama_cpp import Llama
    except ImportError:
        return "llama.cpp is not installed"
    llama = Llama(str(path), n_ctx=64, logits_all=True, verbose=False)
    llama.eval(IDS)
    return float(np.abs(llama.scores[POSITIONS] - expected).max())


for family in sys.argv[1:] or FAMILIES:
    folder = ROOT / family
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    model = FAMILIES[family]()
    fill(model, family)
    write_gguf(model, family, folder / "model.gguf")
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([IDS])).logits[0, POSITIONS]
    model.to(torch.bfloat16).save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    tensors, losses = {"logits": logits.contiguous()}, {}
    for name, targets in TARGETS.items():
        losses[name], found = gradients(family, targets)
        tensors.update({f"{name}.{key}": value.contiguous() for key, value in found.items()})
    save_file(tensors, folder / "expected.safetensors")
    (folder / "expected.json").write_text(json.dumps({
        "ids": IDS, "positions": POSITIONS, "samples": SAMPLES, "rank": RANK, "alpha": ALPHA,
        "targets": {name: [target.removesuffix("_proj") for target in list] for name, list in TARGETS.items()},
        "loss": losses}) + "\n")
    print(family, "logits", f"{logits.abs().mean():.3f}", "loss", losses,
          "llama.cpp is away by", llama_cpp_difference(folder / "model.gguf", logits.numpy()))

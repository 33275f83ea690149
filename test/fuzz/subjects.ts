// What is fuzzed: sound small files of each format, how they are damaged, and everything that is done with them.

import { readdirSync, readFileSync } from 'node:fs';
import { fromUtf8, memorySource, utf8 } from '../../core/bytes.js';
import type { ErrorCode } from '../../core/errors.js';
import type { SeededRandom } from '../../core/random.js';
import { readConfig } from '../../model/architecture/config.js';
import { families } from '../../model/architecture/families/index.js';
import { type ModelFiles, readModel } from '../../model/formats/files.js';
import { readGguf } from '../../model/formats/gguf.js';
import { readableTypes } from '../../model/formats/ggufTypes.js';
import { decodePeft } from '../../model/formats/peft.js';
import { decodeSafetensors } from '../../model/formats/safetensors.js';
import { open } from '../../model/index.js';
import { type ChatMessage, renderChat } from '../../model/text/chatTemplate.js';
import { tokenizerOf } from '../../model/text/tokenizerOf.js';
import { type FolderFiles, folderOf, huggingFaceFiles, withConfig } from '../helpers/huggingFaceFolder.js';
import { tinyModel } from '../helpers/tinyModel.js';
import { byteLevel, signs } from '../helpers/tokenizerJson.js';
import { ggufFields, mutateFields } from './ggufFields.js';
import { mutateMeaning } from './ggufMeaning.js';
import { type Json, mutateBytes, mutateJson, pick, randomBytes } from './mutations.js';
import { mutateTemplate } from './templates.js';

export interface Damaged {
  /** Reads the file and uses all of it, as far as no runtime is needed. Throws what is wrong with it. */
  use(): void;
  /** Runs the model. */
  run?(): Promise<void>;
}

export interface Subject {
  readonly name: string;
  /** What may be said of a damaged file. */
  readonly codes: readonly ErrorCode[];
  damaged(random: SeededRandom): Damaged;
}

const fixtures = new URL('../fixtures/', import.meta.url);
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, fixtures)));
function readFolder(name: string, wanted: RegExp): FolderFiles {
  const names = readdirSync(new URL(`${name}/`, fixtures)).filter(file => wanted.test(file));
  return Object.fromEntries(names.map(file => [file, read(`${name}/${file}`)]));
}

const texts = ['', 'Hello <|im_end|> 12', 'naïve ½ 🧶 \u0000 <bos>\n\n  x', '日本語のテキスト'];

function useModel(files: ModelFiles): void {
  const source = readModel(files);
  const config = readConfig(source);
  const tokenizer = tokenizerOf(source);
  for (const text of texts) {
    if (source.folder?.read('tokenizer.json') === undefined && source.folder !== undefined) break;
    const ids = tokenizer.encode(text);
    tokenizer.decode(ids, { special: true });
    const stream = tokenizer.stream();
    for (const id of ids) stream.push(id);
    stream.end();
  }
  for (const name of source.tensors.keys()) {
    source.read(name);
    source.blocks(name);
  }
  source.rows(config.embedding.weight, config.vocabulary - 1, 1);
}

async function runModel(files: ModelFiles): Promise<void> {
  for (const arithmetic of ['exact', 'fast'] as const) {
    const model = await open(files, { arithmetic, capacity: 16 });
    try {
      await model.logits([1, 2, 3].filter(id => id < model.info.vocabulary));
    } finally {
      model.close();
    }
  }
}

const onModel = (files: ModelFiles): Damaged => ({ use: () => useModel(files), run: () => runModel(files) });

const small = { layers: 1, hidden: 32, feedForward: 32, heads: 2, kvHeads: 1, headSize: 16 } as const;

function ggufSubject(): Subject {
  const seeds = [
    ...families.map(family => tinyModel({ ...small, family, weights: 'Q4_0' })),
    tinyModel({ ...small, layers: 2, weights: 'F32', embedding: 'F16' }),
    ...readableTypes
      .filter(type => type.endsWith('_K'))
      .map(weights => tinyModel({ ...small, hidden: 256, feedForward: 256, headSize: 128, weights })),
    read('families/gemma3/model.gguf'),
  ].map(bytes => ({ bytes, fields: ggufFields(bytes), gguf: readGguf(memorySource(bytes)) }));
  return {
    name: 'gguf',
    codes: ['gguf/invalid', 'gguf/unsupported', 'architecture/unsupported', 'tokenizer/unsupported'],
    damaged(random) {
      const { bytes, fields, gguf } = pick(random, seeds);
      if (random.below(50) === 0) {
        const noise = randomBytes(random, random.below(2_000));
        return onModel(
          memorySource(random.below(2) ? noise : new Uint8Array([...bytes.subarray(0, 8), ...noise])),
        );
      }
      if (random.below(2) === 0) return onModel(memorySource(mutateMeaning(gguf, random)));
      let out = mutateFields(bytes, fields, random);
      while (random.below(3) === 0) out = mutateFields(out, fields, random);
      // Last, since it may move the fields.
      if (random.below(3) === 0) out = mutateBytes(random.below(2) === 0 ? bytes : out, random, fields.end);
      return onModel(memorySource(out));
    },
  };
}

const parse = (bytes: Uint8Array): Json => JSON.parse(fromUtf8(bytes)) as Json;

const withHeader = (header: Uint8Array, data: Uint8Array, length = BigInt(header.length)): Uint8Array =>
  new Uint8Array(Buffer.concat([new Uint8Array(BigUint64Array.of(length).buffer), header, data]));

function mutateSafetensors(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (random.below(3) === 0) return mutateBytes(bytes, random, length + 8);
  const header = mutateJson(parse(bytes.subarray(8, 8 + length)), random);
  const data = bytes.subarray(8 + length);
  const stated = random.below(10) === 0 ? BigInt(random.below(2 * length)) : BigInt(header.length);
  return withHeader(header, random.below(10) === 0 ? mutateBytes(data, random) : data, stated);
}

function safetensorsSubject(): Subject {
  const seeds = [
    read('families/qwen2/model.safetensors'),
    read('peft/qv/adapter_model.safetensors'),
    read('peft/rslora/adapter_model.safetensors'),
    withHeader(
      utf8(
        '{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},' +
          '"b":{"dtype":"BF16","shape":[],"data_offsets":[8,10]},"c":{"dtype":"F16","shape":[3,0],"data_offsets":[10,10]}}',
      ),
      new Uint8Array(10),
    ),
  ];
  return {
    name: 'safetensors',
    codes: ['safetensors/invalid'],
    damaged(random) {
      const noise = random.below(50) === 0;
      const bytes = noise
        ? withHeader(randomBytes(random, 40), randomBytes(random, 40), BigInt(random.below(100)))
        : mutateSafetensors(pick(random, seeds), random);
      return { use: () => void decodeSafetensors(bytes) };
    },
  };
}

/** One of the files is damaged, or missing. */
function damageOne(files: FolderFiles, random: SeededRandom, only?: RegExp): FolderFiles {
  const names = Object.keys(files).filter(file => only?.test(file) ?? true);
  const name = pick(random, names);
  const bytes = files[name] as Uint8Array;
  if (random.below(50) === 0)
    return Object.fromEntries(Object.entries(files).filter(([file]) => file !== name));
  const damaged = name.endsWith('.json')
    ? mutateJson(parse(bytes), random)
    : name.endsWith('.safetensors')
      ? mutateSafetensors(bytes, random)
      : mutateBytes(bytes, random);
  return { ...files, [name]: damaged };
}

const llama3Scaling = {
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 64,
};

function folderSubject(): Subject {
  const wanted = /^(config|tokenizer.*)\.json$|^model.*safetensors/;
  const seeds = [
    ...families.map(({ architecture }) => readFolder(`families/${architecture}`, wanted)),
    withConfig(huggingFaceFiles(tinyModel({ ...small, weights: 'F32', embedding: 'F32' }), 2), {
      rope_parameters: { rope_type: 'llama3', rope_theta: 1e4, ...llama3Scaling },
    }),
  ];
  return {
    name: 'folder',
    codes: ['model/invalid', 'safetensors/invalid', 'architecture/unsupported', 'tokenizer/unsupported'],
    damaged: random => onModel(folderOf(damageOne(pick(random, seeds), random))),
  };
}

/** tokenizer.json and its settings, beside sound weights. */
function tokenizerSubject(): Subject {
  const weights = huggingFaceFiles(tinyModel({ ...small, weights: 'F32', embedding: 'F32' }));
  const settings = { eos_token: { content: '<s>' }, chat_template: '{{ messages[0].content }}' };
  const seeds = [byteLevel, signs].map(tokenizer => ({
    ...weights,
    'tokenizer.json': utf8(JSON.stringify(tokenizer)),
    'tokenizer_config.json': utf8(JSON.stringify(settings)),
  }));
  return {
    name: 'tokenizer',
    codes: ['model/invalid', 'tokenizer/unsupported'],
    damaged: random => onModel(folderOf(damageOne(pick(random, seeds), random, /^tokenizer/))),
  };
}

function adapterSubject(): Subject {
  const seeds = readdirSync(new URL('peft/', fixtures), { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(({ name }) => readFolder(`peft/${name}`, /^adapter_/));
  return {
    name: 'adapter',
    codes: ['adapter/invalid', 'safetensors/invalid'],
    damaged(random) {
      const files = damageOne(pick(random, seeds), random);
      return { use: () => void decodePeft(files) };
    },
  };
}

/** The template of a model, with a conversation of some length. */
function templateSubject(): Subject {
  const folder = new URL('chatTemplates/', fixtures);
  const seeds = readdirSync(folder)
    .filter(name => name.endsWith('.jinja'))
    .map(name => fromUtf8(read(`chatTemplates/${name}`)));
  const messages = Array.from({ length: 9 }, (_, i): ChatMessage => {
    const role = i === 0 ? 'system' : i % 2 === 0 ? 'assistant' : 'user';
    return { role, content: texts.join(' ').repeat(i) };
  });
  return {
    name: 'template',
    codes: ['template/invalid'],
    damaged(random) {
      const template = mutateTemplate(seeds, random);
      return { use: () => void renderChat(template, messages) };
    },
  };
}

export const makeSubjects = (): readonly Subject[] => [
  ggufSubject(),
  safetensorsSubject(),
  folderSubject(),
  tokenizerSubject(),
  adapterSubject(),
  templateSubject(),
];

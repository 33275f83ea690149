// How a vocabulary writes text: every byte as a printable character (GPT-2), or as it is but for the space (SentencePiece).

/** The space of SentencePiece, U+2581. */
export const spaceSign = '\u2581';

/** Bytes that stand for themselves in GPT-2's alphabet: printable, no space, no soft hyphen. */
const printable = (byte: number): boolean => (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173);

let shifted = 0;

/** Byte -> its character in GPT-2's alphabet. The others follow from U+0100 on, in byte order. Source: `bytes_to_unicode` of OpenAI's encoder.py. */
export const characterOf: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  String.fromCharCode(printable(byte) ? byte : 256 + shifted++),
);

const byteOf = new Map(characterOf.map((character, byte) => [character, byte]));

export interface Alphabet {
  /** Byte of a text -> the bytes that the vocabulary writes for it. */
  readonly written: readonly Uint8Array[];
  /** The bytes that a token of the vocabulary stands for. */
  read(token: string): Uint8Array;
}

export const alphabets = {
  /** Characters outside of the alphabet stand for their UTF-8. */
  bytes: {
    written: characterOf.map(character => Buffer.from(character)),
    read(token) {
      const out: number[] = [];
      for (const character of token) {
        const byte = byteOf.get(character);
        if (byte === undefined) out.push(...Buffer.from(character));
        else out.push(byte);
      }
      return Uint8Array.from(out);
    },
  },
  spaces: {
    written: Array.from({ length: 256 }, (_, byte) =>
      byte === 32 ? Buffer.from(spaceSign) : Buffer.of(byte),
    ),
    read: token => new Uint8Array(Buffer.from(token.replaceAll(spaceSign, ' '))),
  },
} as const satisfies Record<string, Alphabet>;

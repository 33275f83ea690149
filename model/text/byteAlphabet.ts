// GPT-2's way to write bytes as printable characters: vocabularies and merges of byte-level BPE stand in this alphabet.
// Source: `bytes_to_unicode` of OpenAI's GPT-2 (encoder.py).

/** Bytes that stand for themselves: printable, no space, no soft hyphen. */
const printable = (byte: number): boolean => (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173);

let shifted = 0;

/** Byte -> its character. The others follow from U+0100 on, in byte order. */
export const characterOf: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  String.fromCharCode(printable(byte) ? byte : 256 + shifted++),
);

const bytes = new Map(characterOf.map((character, byte) => [character, byte]));

/** The bytes of a text in this alphabet; characters outside of it stand for their UTF-8. */
export function bytesOf(text: string): Uint8Array {
  const out: number[] = [];
  for (const character of text) {
    const byte = bytes.get(character);
    if (byte === undefined) out.push(...Buffer.from(character));
    else out.push(byte);
  }
  return Uint8Array.from(out);
}

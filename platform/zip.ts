// Streams one entry out of a zip archive on disk (a Python wheel is one). Source: APPNOTE.TXT of PKWARE, without zip64.

import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import type { ByteSource } from '../core/bytes.js';
import { fromUtf8 } from '../core/bytes.js';
import { SkeinError } from '../core/errors.js';
import { openSource } from './files.js';

export interface ZipEntry {
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  /** Where its bytes lie in the archive. */
  readonly offset: number;
  readonly compressedBytes: number;
  readonly bytes: number;
}

const endRecord = { signature: 0x06054b50, bytes: 22, maxComment: 65_535 };
const directoryHeader = { signature: 0x02014b50, bytes: 46 };
const localHeader = { signature: 0x04034b50, bytes: 30 };
const maxDirectoryBytes = 1 << 20;

const invalid = (message: string): SkeinError =>
  new SkeinError('io/invalid', `The archive cannot be read: ${message}.`);

function view(source: ByteSource, offset: number, length: number): DataView {
  const bytes = source.read(offset, length);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Place and size of the central directory. */
function findDirectory(source: ByteSource): { offset: number; bytes: number; count: number } {
  const tail = Math.min(source.size, endRecord.bytes + endRecord.maxComment);
  const data = view(source, source.size - tail, tail);
  for (let at = tail - endRecord.bytes; at >= 0; at--) {
    if (data.getUint32(at, true) !== endRecord.signature) continue;
    const [count, bytes, offset] = [
      data.getUint16(at + 10, true),
      data.getUint32(at + 12, true),
      data.getUint32(at + 16, true),
    ];
    if (bytes > maxDirectoryBytes) throw invalid('its directory is too large');
    return { offset, bytes, count };
  }
  throw invalid('it has no directory');
}

/** The entry of this name, or undefined. Throws `io/invalid` for what is no archive of this kind. */
export function findZipEntry(source: ByteSource, name: string): ZipEntry | undefined {
  const directory = findDirectory(source);
  const data = view(source, directory.offset, directory.bytes);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  let at = 0;
  for (let i = 0; i < directory.count; i++) {
    if (
      at + directoryHeader.bytes > data.byteLength ||
      data.getUint32(at, true) !== directoryHeader.signature
    ) {
      throw invalid('its directory is damaged');
    }
    const nameBytes = data.getUint16(at + 28, true);
    const nameStart = at + directoryHeader.bytes;
    if (fromUtf8(bytes.subarray(nameStart, nameStart + nameBytes)) === name)
      return locate(source, data, at, name);
    at = nameStart + nameBytes + data.getUint16(at + 30, true) + data.getUint16(at + 32, true);
  }
  return undefined;
}

function locate(source: ByteSource, directory: DataView, at: number, name: string): ZipEntry {
  const [flags, method] = [directory.getUint16(at + 8, true), directory.getUint16(at + 10, true)];
  const [compressedBytes, bytes, header] = [20, 24, 42].map(field =>
    directory.getUint32(at + field, true),
  ) as [number, number, number];
  if ((flags & 1) !== 0 || (method !== 0 && method !== 8))
    throw invalid(`${name} is encrypted or compressed in another way`);
  const local = view(source, header, localHeader.bytes);
  if (local.getUint32(0, true) !== localHeader.signature)
    throw invalid(`${name} does not begin where the directory says`);
  const offset = header + localHeader.bytes + local.getUint16(26, true) + local.getUint16(28, true);
  if (offset + compressedBytes > source.size) throw invalid(`${name} reaches past the end`);
  return { name, method, offset, compressedBytes, bytes };
}

/** The content of an entry as it is unpacked. Throws `io/invalid` where there is no such entry. */
export function readZipEntry(file: string, name: string): Readable {
  const source = openSource(file);
  let entry: ZipEntry | undefined;
  try {
    entry = findZipEntry(source, name);
  } finally {
    source.close();
  }
  if (entry === undefined) throw invalid(`it holds no ${name}`);
  if (entry.compressedBytes === 0) return Readable.from([]);
  const packed = createReadStream(file, {
    start: entry.offset,
    end: entry.offset + entry.compressedBytes - 1,
    highWaterMark: 1 << 18,
  });
  if (entry.method === 0) return packed;
  const inflate = createInflateRaw({ chunkSize: 1 << 18 });
  packed.on('error', error => inflate.destroy(error));
  inflate.on('close', () => packed.destroy());
  return packed.pipe(inflate);
}

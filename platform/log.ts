// The log: JSON lines on standard error, readable lines on a terminal. It never sees a record's text.

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { type DestinationStream, destination, type Logger, pino, stdSerializers } from 'pino';
import pretty from 'pino-pretty';
import { SkeinError } from '../core/errors.js';

export type Log = Logger;
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogOptions {
  /** The program: `agent`, `coordinator`. */
  readonly name: string;
  readonly level?: LogLevel;
  /** Default: where standard error is a terminal. */
  readonly pretty?: boolean;
  /** Lines go to this file instead of standard error. */
  readonly file?: string;
}

/** Refusals are logged with their error code under `code`, so that one search finds them. */
export function createLog({ name, level = 'info', pretty: wanted, file }: LogOptions): Log {
  if (file !== undefined) mkdirSync(path.dirname(file), { recursive: true });
  const readable = wanted ?? (file === undefined && process.stderr.isTTY === true);
  const stream: DestinationStream = readable
    ? pretty({
        destination: file ?? 2,
        sync: true,
        ignore: 'pid,hostname',
        translateTime: 'SYS:HH:MM:ss',
        colorize: file === undefined,
      })
    : patient(destination({ dest: file ?? 2, sync: true, maxLength: maxWaitingBytes }));
  return pino({ name, level, serializers: { err: serializeError } }, stream);
}

/** Lines that a full disk does not take wait, up to here; what is more is lost, and the program goes on. */
const maxWaitingBytes = 1024 * 1024;

function patient(stream: ReturnType<typeof destination>): ReturnType<typeof destination> {
  stream.on('error', () => undefined);
  return stream;
}

/** A log that is thrown away, for parts used as a library. */
export const silentLog: Log = pino({ level: 'silent' });

/** Known errors are their code and message; only the unforeseen show a stack. */
const serializeError = (error: unknown): unknown =>
  error instanceof SkeinError && error.code !== 'internal'
    ? error.toJSON()
    : stdSerializers.err(error as Error);

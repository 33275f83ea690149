// The package that reads and runs Jinja, loaded when the first template is rendered: most starts never do.

import { createRequire } from 'node:module';
import type { Value } from './templateLimits.js';

export interface Scope {
  set(name: string, value: unknown): void;
}

/** A node of the package's syntax tree; which fields it has depends on its type. */
export interface Statement {
  readonly type: string;
  readonly [field: string]: unknown;
}

export type InterpreterClass = new (
  environment: Scope,
) => {
  run(program: unknown): Value;
  evaluate(node: Statement | undefined, environment: Scope): Value;
};

/** The package's declarations do not resolve under Node.js' own rules; this is what is used of them. */
interface Jinja {
  tokenize(source: string, options: { lstrip_blocks: boolean; trim_blocks: boolean }): unknown;
  parse(tokens: unknown): Statement;
  readonly Environment: new () => Scope;
  readonly Interpreter: InterpreterClass;
}

let loaded: Jinja | undefined;

export function jinja(): Jinja {
  loaded ??= createRequire(import.meta.url)('@huggingface/jinja') as Jinja;
  return loaded;
}

// Runs a parsed Jinja template and counts: a template of a stranger may neither work nor hold more than a chat can need.

import { Environment, Interpreter } from '@huggingface/jinja';

/** The package's declarations do not resolve under Node.js' own rules; this is what is used of them. */
interface Statement {
  readonly type: string;
}
interface Value {
  readonly type: string;
  readonly value: unknown;
}
interface Scope {
  set(name: string, value: unknown): void;
}
const Jinja = { Environment, Interpreter } as unknown as {
  readonly Environment: new () => Scope;
  readonly Interpreter: new (
    environment: Scope,
  ) => {
    run(program: unknown): Value;
    evaluate(node: Statement | undefined, environment: Scope): Value;
  };
};

const limits = {
  /** About two seconds of work. */
  steps: 1 << 21,
  items: 1 << 16,
  /** How far `indent` and `tojson` indent. */
  indent: 1 << 10,
};

/** Fields of the package's syntax tree that are looked at here. */
interface Call {
  readonly type: 'CallExpression';
  readonly callee: { type: string; computed?: boolean; object?: Statement; property?: { value?: unknown } };
  readonly args: readonly Statement[];
}

const strips: Readonly<Record<string, { left: boolean; right: boolean }>> = {
  strip: { left: true, right: true },
  lstrip: { left: true, right: false },
  rstrip: { left: false, right: true },
};

/** Python's `strip` of a set of characters. */
function stripped(text: string, set: string, { left, right }: { left: boolean; right: boolean }): string {
  const characters = [...text];
  let [start, end] = [0, characters.length];
  while (left && start < end && set.includes(characters[start] as string)) start++;
  while (right && end > start && set.includes(characters[end - 1] as string)) end--;
  return characters.slice(start, end).join('');
}

class BoundedInterpreter extends Jinja.Interpreter {
  readonly #maxLength: number;
  #steps = 0;

  constructor(environment: Scope, maxLength: number) {
    super(environment);
    this.#maxLength = maxLength;
  }

  override evaluate(node: Statement | undefined, environment: Scope): Value {
    if (++this.#steps > limits.steps) throw new Error(`it takes more than ${limits.steps} steps.`);
    if (node?.type === 'FilterExpression') this.#checkFilter(node, environment);
    const value = this.#stripCall(node, environment) ?? super.evaluate(node, environment);
    this.#checkSize(value);
    return value;
  }

  /** The package's `strip` and its kin know no argument: they would take away spaces where only line ends are meant. */
  #stripCall(node: Statement | undefined, environment: Scope): Value | undefined {
    if (node?.type !== 'CallExpression') return undefined;
    const { callee, args } = node as unknown as Call;
    const name = String(callee.property?.value);
    const sides = Object.hasOwn(strips, name) ? strips[name] : undefined;
    if (
      callee.type !== 'MemberExpression' ||
      callee.computed === true ||
      sides === undefined ||
      args.length !== 1
    )
      return undefined;
    const [text, set] = [this.evaluate(callee.object, environment), this.evaluate(args[0], environment)];
    if (text.type !== 'StringValue' || set.type !== 'StringValue') return undefined;
    const StringValue = text.constructor as new (value: string) => Value;
    return new StringValue(stripped(text.value as string, set.value as string, sides));
  }

  #checkFilter(node: Statement | undefined, environment: Scope): void {
    const { filter } = node as unknown as { filter: Partial<Call> };
    const name = (filter.callee as { value?: unknown } | undefined)?.value;
    if (name !== 'indent' && name !== 'tojson') return;
    for (const argument of filter.args ?? []) {
      const { type, value } = argument as unknown as { type: string; value: Statement };
      const given = this.evaluate(type === 'KeywordArgumentExpression' ? value : argument, environment);
      if (typeof given.value === 'number' && !(Math.abs(given.value) <= limits.indent))
        throw new Error(`it indents by ${given.value}.`);
    }
  }

  #checkSize(value: Value): void {
    const held: unknown = value.value;
    if (typeof held === 'string' && held.length > this.#maxLength)
      throw new Error(`it makes a text of ${held.length} characters.`);
    if (Array.isArray(held) && held.length > limits.items)
      throw new Error(`it makes a list of ${held.length} items.`);
  }
}

/** What the template prints. No text that it makes on the way is longer than `maxLength`. */
export function runTemplate(
  program: unknown,
  variables: Readonly<Record<string, unknown>>,
  maxLength: number,
): string {
  const environment = new Jinja.Environment();
  for (const [name, value] of Object.entries(variables)) environment.set(name, value);
  return String(new BoundedInterpreter(environment, maxLength).run(program).value);
}

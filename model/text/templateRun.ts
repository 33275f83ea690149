// Runs a parsed Jinja template and counts: a template of a stranger may neither work nor hold more than a chat can need.
//
// The package's interpreter knows no bounds, and one of its steps can be any amount of work: a filter on a long text, a loop
// with nothing in it, a list that is printed. So operands are evaluated here first, what the step will cost is paid, and
// the package is given the step with the values in place of the expressions.

import { type InterpreterClass, jinja, type Scope, type Statement } from './jinja.js';
import { costOf, deepSize, type Given, limits, shallowSize, type Value } from './templateLimits.js';

/** Stands for an expression that was evaluated. */
interface Evaluated extends Statement {
  readonly type: 'Evaluated';
  readonly held: Value;
}
const evaluated = (held: Value): Evaluated => ({ type: 'Evaluated', held });

const isNode = (value: unknown): value is Statement =>
  typeof value === 'object' && value !== null && 'type' in value;
const nodeIn = (node: Statement, field: string): Statement => node[field] as Statement;
const listIn = (node: Statement, field: string): readonly Statement[] => node[field] as readonly Statement[];

const stepsPerTurn = 3;

const strips: Readonly<Record<string, { left: boolean; right: boolean }>> = {
  strip: { left: true, right: true },
  lstrip: { left: true, right: false },
  rstrip: { left: false, right: true },
};

/** Python's `strip` of a set of characters. */
function stripped(text: string, set: string, { left, right }: { left: boolean; right: boolean }): string {
  const characters = [...text];
  const taken = new Set(set);
  let [start, end] = [0, characters.length];
  while (left && start < end && taken.has(characters[start] as string)) start++;
  while (right && end > start && taken.has(characters[end - 1] as string)) end--;
  return characters.slice(start, end).join('');
}

/** What is printed where it stands, and how many nodes each definition has that the package walks through at every use. */
interface Survey {
  readonly printed: WeakSet<Statement>;
  readonly nodes: WeakMap<Statement, number>;
}

function survey(program: Statement): Survey {
  const [printed, nodes] = [new WeakSet<Statement>(), new WeakMap<Statement, number>()];
  const visit = (value: unknown): number => {
    if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + visit(one), 0);
    if (value instanceof Map) return visit([...value].flat());
    if (!isNode(value)) return 0;
    for (const field of ['body', 'alternate', 'defaultBlock']) {
      const block = value[field];
      if (Array.isArray(block)) for (const one of block) printed.add(one as Statement);
    }
    const count = 1 + visit(Object.values(value));
    nodes.set(value, count);
    return count;
  };
  visit(program);
  return { printed, nodes };
}

const bounded = (Interpreter: InterpreterClass) =>
  class extends Interpreter {
    readonly #maxLength: number;
    readonly #survey: Survey;
    /** Whose value is about to be called. */
    #callee: Statement | undefined;
    #steps = 0;

    constructor(environment: Scope, program: Statement, maxLength: number) {
      super(environment);
      this.#maxLength = maxLength;
      this.#survey = survey(program);
    }

    override evaluate(node: Statement | undefined, environment: Scope): Value {
      this.#pay(1);
      if (node === undefined) return super.evaluate(node, environment);
      if (node.type === 'Evaluated') return (node as Evaluated).held;
      const value = this.#step(node, environment);
      this.#checkSize(value);
      if (typeof value.value === 'object' && this.#survey.printed.has(node)) this.#payDeep(value);
      return value;
    }

    #step(node: Statement, environment: Scope): Value {
      const now = (field: string): Evaluated => evaluated(this.evaluate(nodeIn(node, field), environment));
      const go = (changes: object): Value => super.evaluate({ ...node, ...changes }, environment);
      switch (node.type) {
        case 'For':
          return this.#loop(node, environment);
        case 'Macro':
        case 'CallStatement':
          // The package looks through all of it for the names of its arguments.
          this.#pay(this.#survey.nodes.get(node) ?? 1);
          if (node.type === 'Macro') return super.evaluate(node, environment);
          if (nodeIn(nodeIn(node, 'call'), 'callee').type !== 'Identifier')
            throw new Error('only macros can be called with a block.');
          return go({
            call: { ...nodeIn(node, 'call'), args: this.#arguments(nodeIn(node, 'call'), environment).nodes },
          });
        case 'FilterStatement':
          return this.evaluate(
            {
              type: 'FilterExpression',
              operand: { type: 'Program', body: node.body },
              filter: node.filter,
            },
            environment,
          );
        case 'FilterExpression':
          return this.#filter(node, environment);
        case 'CallExpression':
          return this.#call(node, environment);
        case 'BinaryExpression':
          return this.#binary(node, environment);
        case 'TestExpression': {
          const operand = now('operand');
          this.#payCharacters(shallowSize(operand.held));
          return go({ operand });
        }
        case 'MemberExpression': {
          const object = now('object');
          if (nodeIn(node, 'property').type === 'SliceExpression')
            this.#payCharacters(shallowSize(object.held));
          const value = go({ object });
          // Under another name nobody would know what a call of it costs.
          if (value.type === 'FunctionValue' && object.held.type === 'StringValue' && node !== this.#callee)
            throw new Error('a method can only be called.');
          return value;
        }
        default:
          return super.evaluate(node, environment);
      }
    }

    #loop(node: Statement, environment: Scope): Value {
      const { iterable } = node as unknown as { iterable: Statement };
      const select = iterable.type === 'SelectExpression';
      const over = this.evaluate(select ? nodeIn(iterable, 'lhs') : iterable, environment);
      // Also where nothing stands in the loop.
      if (Array.isArray(over.value)) this.#pay(stepsPerTurn * over.value.length);
      if (over.value instanceof Map) this.#pay(stepsPerTurn * over.value.size);
      const now = evaluated(over);
      return super.evaluate({ ...node, iterable: select ? { ...iterable, lhs: now } : now }, environment);
    }

    #binary(node: Statement, environment: Scope): Value {
      const operator = (node.operator as { value: string }).value;
      if (operator === 'and' || operator === 'or') return super.evaluate(node, environment);
      const left = this.evaluate(nodeIn(node, 'left'), environment);
      const right = this.evaluate(nodeIn(node, 'right'), environment);
      const isText = (value: Value): boolean => typeof value.value === 'string';
      const lists = Array.isArray(left.value) || Array.isArray(right.value);
      if (operator === 'in' || operator === 'not in') {
        this.#payCharacters(shallowSize(left) + shallowSize(right));
      } else if (lists && (operator === '~' || isText(left) || isText(right))) {
        // A list beside a text is printed, to be added to it or compared with it.
        this.#payDeep(left);
        this.#payDeep(right);
      } else if (lists) this.#payCharacters(shallowSize(left) + shallowSize(right));
      return super.evaluate({ ...node, left: evaluated(left), right: evaluated(right) }, environment);
    }

    #filter(node: Statement, environment: Scope): Value {
      const filter = nodeIn(node, 'filter');
      const operand = this.evaluate(nodeIn(node, 'operand'), environment);
      const call = filter.type === 'CallExpression';
      const name = String(call ? nodeIn(filter, 'callee').value : filter.value);
      const { nodes, given } = call ? this.#arguments(filter, environment) : { nodes: [], given: none };
      this.#payCharacters(costOf(name, operand, given, this.#maxLength));
      const changed = call ? { ...filter, args: nodes } : filter;
      return super.evaluate({ ...node, operand: evaluated(operand), filter: changed }, environment);
    }

    #call(node: Statement, environment: Scope): Value {
      const callee = nodeIn(node, 'callee');
      const { nodes, given } = this.#arguments(node, environment);
      if (callee.type !== 'MemberExpression') {
        this.#payCharacters(given.positional.reduce((sum, one) => sum + shallowSize(one), 0));
        return super.evaluate({ ...node, args: nodes }, environment);
      }
      const on = this.evaluate(nodeIn(callee, 'object'), environment);
      const property = nodeIn(callee, 'property');
      const computed = callee.computed === true ? this.evaluate(property, environment) : undefined;
      const name = String(computed === undefined ? property.value : computed.value);
      this.#payCharacters(costOf(name, on, given, this.#maxLength));
      const text = strip(name, on, given);
      if (text !== undefined) return text;
      const method: Statement = {
        ...callee,
        object: evaluated(on),
        ...(computed && { property: evaluated(computed) }),
      };
      const before = this.#callee;
      this.#callee = method;
      try {
        return super.evaluate({ ...node, callee: method, args: nodes }, environment);
      } finally {
        this.#callee = before;
      }
    }

    /** Every argument as its value, lists behind `*` as their items. Literals stay: some filters insist on them. */
    #arguments(call: Statement, environment: Scope): { nodes: readonly Statement[]; given: Given } {
      const positional: Value[] = [];
      const named = new Map<string, Value>();
      const nodes: Statement[] = [];
      for (const node of listIn(call, 'args')) {
        if (node.type === 'KeywordArgumentExpression') {
          const value = this.evaluate(nodeIn(node, 'value'), environment);
          named.set(String(nodeIn(node, 'key').value), value);
          nodes.push({ ...node, value: evaluated(value) });
        } else if (node.type === 'SpreadExpression' || node.type === 'KeywordSpreadExpression') {
          const value = this.evaluate(nodeIn(node, 'argument'), environment);
          this.#payCharacters(shallowSize(value));
          if (node.type === 'SpreadExpression' && Array.isArray(value.value))
            for (const item of value.value as Value[]) positional.push(item);
          if (value.value instanceof Map)
            for (const [key, item] of value.value as Map<string, Value>) named.set(key, item);
          nodes.push({ ...node, argument: evaluated(value) });
        } else {
          const value = this.evaluate(node, environment);
          positional.push(value);
          nodes.push(node.type === 'StringLiteral' ? node : evaluated(value));
        }
      }
      return { nodes, given: { positional, named } };
    }

    #pay(steps: number): void {
      this.#steps += steps;
      if (this.#steps > limits.steps) throw new Error(`it takes more than ${limits.steps} steps.`);
    }

    #payCharacters(characters: number): void {
      this.#pay(characters / limits.charactersPerStep);
    }

    /** Of what is about to be printed. */
    #payDeep(value: Value): void {
      const size = deepSize(value, this.#maxLength);
      if (size > this.#maxLength)
        throw new Error(`it makes a text of more than ${this.#maxLength} characters.`);
      this.#payCharacters(size);
    }

    #checkSize({ value }: Value): void {
      if (typeof value === 'string' && value.length > this.#maxLength)
        throw new Error(`it makes a text of ${value.length} characters.`);
      if (Array.isArray(value) && value.length > limits.items)
        throw new Error(`it makes a list of ${value.length} items.`);
    }
  };

let BoundedInterpreter: ReturnType<typeof bounded> | undefined;

const none: Given = { positional: [], named: new Map() };

/** The package's `strip` and its kin know no argument: they would take away spaces where only line ends are meant. */
function strip(name: string, on: Value, { positional }: Given): Value | undefined {
  const sides = Object.hasOwn(strips, name) ? strips[name] : undefined;
  const [set] = positional;
  if (sides === undefined || positional.length !== 1) return undefined;
  if (on.type !== 'StringValue' || set?.type !== 'StringValue') return undefined;
  const StringValue = on.constructor as new (value: string) => Value;
  return new StringValue(stripped(on.value as string, set.value as string, sides));
}

/** What the template prints. No text that it makes on the way is longer than `maxLength`. */
export function runTemplate(
  program: unknown,
  variables: Readonly<Record<string, unknown>>,
  maxLength: number,
): string {
  const { Environment, Interpreter } = jinja();
  BoundedInterpreter ??= bounded(Interpreter);
  const environment = new Environment();
  for (const [name, value] of Object.entries(variables)) environment.set(name, value);
  return String(new BoundedInterpreter(environment, program as Statement, maxLength).run(program).value);
}

// What a step of a Jinja template may cost: sizes of values, and of what filters and methods would make of them, known before
// they are asked to.

export interface Value {
  readonly type: string;
  readonly value: unknown;
}

export const limits = {
  /** About two seconds of work. */
  steps: 1 << 21,
  /** Characters that are looked at or copied in the time of a step; an item of a list counts as 8. */
  charactersPerStep: 16,
  items: 1 << 16,
  /** How far `indent` and `tojson` indent. */
  indent: 1 << 10,
};

const itemSize = 8;

/** Of the value alone: items of lists and maps are not looked into. */
export function shallowSize({ value }: Value): number {
  if (typeof value === 'string') return value.length;
  if (Array.isArray(value)) return value.length * itemSize;
  return value instanceof Map ? value.size * itemSize : 1;
}

/**
 * Of all that it holds; what is held twice counts twice, as when it is printed. Counts no further than a little over `most`.
 * A namespace that holds itself is as large as can be.
 */
export function deepSize(value: Value, most: number): number {
  let size = 0;
  const open = [value];
  for (let next = open.pop(); next !== undefined && size <= most; next = open.pop()) {
    size += typeof next.value === 'string' ? next.value.length : itemSize;
    if (Array.isArray(next.value)) for (const item of next.value as Value[]) open.push(item);
    else if (next.value instanceof Map) {
      for (const [key, item] of next.value as Map<string, Value>) {
        size += key.length;
        open.push(item);
      }
    }
    // What waits is as large as itself at least.
    if (open.length * itemSize > most) return most + 1;
  }
  return size;
}

export interface Given {
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

const numberOf = (value: Value | undefined, otherwise: number): number =>
  typeof value?.value === 'number' ? value.value : otherwise;
const textOf = (value: Value | undefined): string => (typeof value?.value === 'string' ? value.value : '');

function count(text: string, part: string): number {
  if (part === '') return text.length + 1;
  let found = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) found++;
  return found;
}

const listLength = ({ value }: Value): number =>
  Array.isArray(value) || typeof value === 'string' ? value.length : 0;

/** Filters and methods that look at all that a value holds. */
const deep = new Set(['tojson', 'string', 'join', 'sort', 'dictsort', 'unique']);
const sorting = new Set(['sort', 'dictsort']);

function indentOf(name: string, { positional, named }: Given): number {
  const by =
    name === 'tojson' ? numberOf(named.get('indent'), 0) : numberOf(positional[0] ?? named.get('width'), 4);
  if (!(Math.abs(by) <= limits.indent)) throw new Error(`it indents by ${by}.`);
  return Math.max(0, by);
}

/** Characters that the filter or method would print at most; 0 for those that print no more than they were given. */
function printed(name: string, on: Value, size: number, given: Given): number {
  const { positional, named } = given;
  switch (name) {
    case 'replace':
      return size + count(textOf(on), textOf(positional[0])) * textOf(positional[1]).length;
    case 'join':
      return size + listLength(on) * textOf(positional[0] ?? named.get('separator')).length;
    case 'indent':
      return size + count(textOf(on), '\n') * indentOf(name, given);
    case 'tojson': {
      const separators = named.get('separators')?.value;
      const longest = Array.isArray(separators)
        ? Math.max(0, ...(separators as Value[]).slice(0, 2).map(one => textOf(one).length))
        : 2;
      const indent = indentOf(name, given);
      // Every item stands on a line of its own, indented as often as it is held.
      return size + Math.ceil(size / itemSize) * (longest + indent * (indent === 0 ? 0 : depthOf(on)));
    }
    default:
      return 0;
  }
}

const mostDepth = 1_000;

function depthOf(value: Value): number {
  let level: readonly Value[] = [value];
  let depth = 0;
  while (level.length > 0 && ++depth < mostDepth)
    level = level.flatMap(({ value: held }) =>
      Array.isArray(held)
        ? (held as Value[])
        : held instanceof Map
          ? [...(held.values() as Iterable<Value>)]
          : [],
    );
  return depth;
}

/**
 * What a filter or method costs, in characters. Throws where it would make a text longer than `maxLength`, or too long a
 * list.
 */
export function costOf(name: string, on: Value, given: Given, maxLength: number): number {
  const size = deep.has(name) ? deepSize(on, maxLength) : shallowSize(on);
  const tooLong = (): never => {
    throw new Error(`it makes a text of more than ${maxLength} characters.`);
  };
  if (deep.has(name) && size > maxLength) tooLong();
  const length = printed(name, on, size, given);
  if (length > maxLength) tooLong();
  if (name === 'split') {
    const separator = given.positional[0];
    const pieces = textOf(on).split(separator ? textOf(separator) || ' ' : /\s+/, limits.items + 1).length;
    if (pieces > limits.items) throw new Error(`it makes a list of more than ${limits.items} items.`);
  }
  const all = [...given.positional, ...given.named.values()];
  const arguments_ = all.reduce((sum, one) => sum + shallowSize(one), 0);
  // Of a list, every item may be compared with every argument, or with many others.
  const times = sorting.has(name) ? 2 * Math.ceil(Math.log2(listLength(on) + 2)) : 1;
  const items = Array.isArray(on.value) ? on.value.length : 1;
  return (size + items * arguments_) * times + length;
}

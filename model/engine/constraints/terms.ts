// Regular languages over bytes as terms, and what is left of one after a byte: its derivative (Brzozowski, J. ACM 1964).
//
// Equal terms are one object, and no term but `never` has an empty language. So whatever a derivative is that is not
// `never`, it can be completed: an acceptor made of them has no dead ends.

export type Term =
  | Form<'never'>
  | Form<'empty'>
  | Form<'bytes', { readonly members: readonly number[]; readonly has: Uint8Array }>
  | Form<'seq', { readonly first: Term; readonly rest: Term }>
  | Form<'alt', { readonly terms: readonly Term[] }>
  | Form<'repeat', { readonly body: Term; readonly min: number; readonly max: number }>;

type Form<Kind extends string, Fields = unknown> = {
  readonly kind: Kind;
  readonly id: number;
  /** Whether nothing at all is in the language. */
  readonly nullable: boolean;
  /** Bytes of its shortest member; Infinity for `never`. */
  readonly minLength: number;
  /** No derivative of the term, however far, has a larger `minLength`. */
  readonly reach: number;
  /** Derivatives by byte, once asked for. */
  row: readonly (Term | undefined)[] | undefined;
} & Fields;

export class Terms {
  readonly never: Term = {
    kind: 'never',
    id: 0,
    nullable: false,
    minLength: Number.POSITIVE_INFINITY,
    reach: 0,
    row: undefined,
  };
  readonly empty: Term = { kind: 'empty', id: 1, nullable: true, minLength: 0, reach: 0, row: undefined };
  readonly #known = new Map<string, Term>();
  readonly #clipped = new Map<Term, Term>();
  readonly #alphabet: Uint8Array;
  #next = 2;

  /** `alphabet`: 1 for each of the 256 bytes that can be made. Others are in no language. */
  constructor(alphabet: Uint8Array) {
    this.#alphabet = alphabet;
  }

  /** How many different terms there are. */
  get size(): number {
    return this.#next;
  }

  /** One byte out of these. */
  bytes(bytes: Iterable<number>): Term {
    const members = [...new Set(bytes)].filter(byte => this.#alphabet[byte] === 1).sort((a, b) => a - b);
    if (members.length === 0) return this.never;
    const has = new Uint8Array(256);
    for (const byte of members) has[byte] = 1;
    return this.#one(`b${members.join()}`, id => ({
      kind: 'bytes',
      id,
      nullable: false,
      minLength: 1,
      reach: 1,
      row: undefined,
      members,
      has,
    }));
  }

  /** One byte from `first` to `last`. */
  range(first: number, last: number): Term {
    return this.bytes(Array.from({ length: last - first + 1 }, (_, n) => first + n));
  }

  /** The bytes of a text in UTF-8. */
  text(text: string): Term {
    return this.seq(...Array.from(new TextEncoder().encode(text), byte => this.bytes([byte])));
  }

  /** One after the other. */
  seq(...terms: readonly Term[]): Term {
    return terms.reduceRight((rest, first) => this.#pair(first, rest), this.empty);
  }

  #pair(first: Term, rest: Term): Term {
    if (first.kind !== 'seq') return this.#link(first, rest);
    // In a loop: a text has a link for each byte, which may be more than the stack holds.
    const links: Term[] = [];
    let last: Term = first;
    for (; last.kind === 'seq'; last = last.rest) links.push(last.first);
    return [...links, last].reduceRight((after, one) => this.#link(one, after), rest);
  }

  /** `first` is no sequence itself. */
  #link(first: Term, rest: Term): Term {
    if (first === this.never || rest === this.never) return this.never;
    if (first === this.empty) return rest;
    if (rest === this.empty) return first;
    return this.#one(`s${first.id},${rest.id}`, id => ({
      kind: 'seq',
      id,
      nullable: first.nullable && rest.nullable,
      minLength: first.minLength + rest.minLength,
      row: undefined,
      reach: Math.max(first.reach + rest.minLength, rest.reach),
      first,
      rest,
    }));
  }

  /** Any of them. */
  alt(...terms: readonly Term[]): Term {
    return this.any(terms);
  }

  /** The same of a list, which may be longer than a call has arguments. */
  any(given: readonly Term[]): Term {
    const terms = new Set<Term>();
    const single: number[] = [];
    const add = (term: Term): void => {
      if (term.kind === 'alt') for (const one of term.terms) add(one);
      else if (term.kind === 'bytes') for (const byte of term.members) single.push(byte);
      else if (term !== this.never) terms.add(term);
    };
    for (const term of given) add(term);
    if (single.length > 0) terms.add(this.bytes(single));
    const sorted = [...terms].sort((a, b) => a.id - b.id);
    const [only] = sorted;
    if (sorted.length < 2) return only ?? this.never;
    return this.#one(`a${sorted.map(({ id }) => id).join()}`, id => ({
      kind: 'alt',
      id,
      nullable: sorted.some(term => term.nullable),
      minLength: sorted.reduce((least, term) => Math.min(least, term.minLength), Number.POSITIVE_INFINITY),
      row: undefined,
      reach: sorted.reduce((most, term) => Math.max(most, term.reach), 0),
      terms: sorted,
    }));
  }

  optional(term: Term): Term {
    return this.alt(this.empty, term);
  }

  /** From `min` to `max` times; `max` may be Infinity. The body must not be nullable. */
  repeat(body: Term, min: number, max: number): Term {
    if (max <= 0 || body === this.empty) return this.empty;
    if (body === this.never) return min === 0 ? this.empty : this.never;
    if (min === 1 && max === 1) return body;
    if (body.nullable) throw new RangeError('A repeated term must not be nullable.');
    return this.#one(`r${body.id},${min},${max}`, id => ({
      kind: 'repeat',
      id,
      nullable: min === 0,
      minLength: min * body.minLength,
      row: undefined,
      reach: body.reach + Math.max(0, min - 1) * body.minLength,
      body,
      min,
      max,
    }));
  }

  /** What may follow the byte; `never` where it cannot come. */
  derive(term: Term, byte: number): Term {
    switch (term.kind) {
      case 'never':
      case 'empty':
        return this.never;
      case 'bytes':
        return term.has[byte] === 1 ? this.empty : this.never;
      case 'seq': {
        const after = this.#pair(this.derive(term.first, byte), term.rest);
        return term.first.nullable ? this.alt(after, this.derive(term.rest, byte)) : after;
      }
      case 'alt':
        return this.any(term.terms.map(one => this.derive(one, byte)));
      case 'repeat':
        return this.#pair(
          this.derive(term.body, byte),
          this.repeat(term.body, Math.max(0, term.min - 1), term.max - 1),
        );
    }
  }

  /** All derivatives by one byte, undefined for `never`; kept with the term. */
  row(term: Term): readonly (Term | undefined)[] {
    if (term.row !== undefined) return term.row;
    // Bytes that no first byte class tells apart have the same derivative (Owens, Reppy and Turon, JFP 2009).
    const kinds = new Map<number, string>();
    for (const [index, one] of firstBytes(term).entries()) {
      for (const byte of one.members) kinds.set(byte, `${kinds.get(byte) ?? ''}${index},`);
    }
    const byKind = new Map<string, Term>();
    const row = new Array<Term | undefined>(256).fill(undefined);
    for (const [byte, kind] of kinds) {
      const known = byKind.get(kind) ?? this.derive(term, byte);
      byKind.set(kind, known);
      if (known !== this.never) row[byte] = known;
    }
    term.row = row;
    return row;
  }

  /**
   * The same for the next `bytes` bytes at least: counts that cannot run out by then are taken away, so that the many
   * states of a counter become few.
   */
  clip(term: Term, bytes: number): Term {
    const links: Extract<Term, { kind: 'seq' }>[] = [];
    let end = term;
    for (; end.kind === 'seq' && !this.#clipped.has(end); end = end.rest) links.push(end);
    let clipped = this.#clipped.get(end) ?? this.#clip(end, bytes);
    this.#clipped.set(end, clipped);
    for (const link of links.reverse()) {
      clipped = this.#pair(this.clip(link.first, bytes), clipped);
      this.#clipped.set(link, clipped);
    }
    return clipped;
  }

  #clip(term: Term, bytes: number): Term {
    switch (term.kind) {
      case 'alt':
        return this.any(term.terms.map(one => this.clip(one, bytes)));
      case 'repeat': {
        const max = term.max > bytes ? Number.POSITIVE_INFINITY : term.max;
        return this.repeat(this.clip(term.body, bytes), Math.min(term.min, bytes), max);
      }
      default:
        return term;
    }
  }

  /** A shortest member of the language; nothing where it is longer than `limit`. */
  shortest(term: Term, limit: number): number[] | undefined {
    if (term.minLength > limit) return undefined;
    const out: number[] = [];
    const write = (whole: Term): void => {
      let one = whole;
      for (; one.kind === 'seq'; one = one.rest) write(one.first);
      if (one.kind === 'bytes') out.push(one.members[0] as number);
      else if (one.kind === 'alt')
        write(one.terms.find(({ minLength }) => minLength === one.minLength) as Term);
      else if (one.kind === 'repeat') for (let n = 0; n < one.min; n++) write(one.body);
    };
    write(term);
    return out;
  }

  #one(key: string, make: (id: number) => Term): Term {
    let term = this.#known.get(key);
    if (term === undefined) {
      term = make(this.#next++);
      this.#known.set(key, term);
    }
    return term;
  }
}

/** The byte classes with which a member can begin. */
function firstBytes(term: Term): Extract<Term, { kind: 'bytes' }>[] {
  const found = new Set<Extract<Term, { kind: 'bytes' }>>();
  const look = (one: Term): void => {
    if (one.kind === 'bytes') found.add(one);
    else if (one.kind === 'repeat') look(one.body);
    else if (one.kind === 'alt') one.terms.forEach(look);
    else if (one.kind === 'seq') {
      look(one.first);
      if (one.first.nullable) look(one.rest);
    }
  };
  look(term);
  return [...found];
}

/** One part of a pattern, with how often it may come. */
export interface Item {
  readonly node: Node;
  readonly min: number;
  /** Infinity without bound. */
  readonly max: number;
  /** Whether it takes as few as possible. */
  readonly isLazy?: boolean;
}

/** What comes one after another. */
export type Sequence = readonly Item[];

export type Node =
  /** One character of a set, by its source, for example `\p{L}` or `[\r\n]`. */
  | { readonly kind: 'one'; readonly source: string }
  /** A position: `^`, `$`, `\b`. */
  | { readonly kind: 'edge' }
  | { readonly kind: 'look' | 'group'; readonly alternatives: readonly Sequence[] };

/** Alternatives of a whole pattern, or the part that is not understood. */
export type ParsedPattern = { readonly alternatives: readonly Sequence[] } | { readonly unknown: string };

/**
 * Reads the syntax that patterns of a `tokenizer.json` use: sets, groups, alternatives, repetitions, looking ahead and
 * behind. Back references and what is not known are named instead.
 */
export function parsePattern(source: string): ParsedPattern {
  const parser = new Parser(source);
  const alternatives = parser.alternatives();
  if (parser.unknown === undefined && !parser.isAtEnd) return { unknown: ')' };
  return parser.unknown === undefined ? { alternatives } : { unknown: parser.unknown };
}

const escapes = {
  /** A character or a set of characters. */
  one: /\\(?:[pP]\{[^}]*\}|[xu]\{[\da-fA-F]+\}|x[\da-fA-F]{2}|u[\da-fA-F]{4}|[aefnrtvsSdDwWhH0]|[^\da-zA-Z])/y,
  edge: /\\[bBAzZG]/y,
};
const groupStart = /\((?:\?(?::|[a-zA-Z]+:|=|!|<=|<!|<[a-zA-Z_]\w*>))?/y;
const repetition = /(?:([*+?])|\{(\d*)(,?)(\d*)\})([?+]?)/y;
/** Groups within groups; deeper ones are no pattern for words, and the stack is finite. */
const maxDepth = 50;

class Parser {
  /** The first part that is not understood. */
  unknown: string | undefined;
  private at = 0;
  private depth = 0;

  constructor(private readonly source: string) {}

  get isAtEnd(): boolean {
    return this.at >= this.source.length;
  }

  alternatives(): Sequence[] {
    const found = [this.sequence()];
    while (this.source[this.at] === '|') {
      this.at++;
      found.push(this.sequence());
    }
    return found;
  }

  private sequence(): Item[] {
    const items: Item[] = [];
    while (this.unknown === undefined && !this.isAtEnd && !'|)'.includes(this.source.charAt(this.at))) {
      const node = this.node();
      if (node !== undefined) items.push({ node, ...this.count() });
    }
    return items;
  }

  private node(): Node | undefined {
    const character = this.source.charAt(this.at);
    if (character === '(') return this.group();
    if (character === '[') return this.set();
    if (character === '^' || character === '$') return this.take(character, { kind: 'edge' });
    if (character === '\\') return this.escape();
    if ('*+?'.includes(character)) return this.give(character);
    const [whole = ''] = this.source.slice(this.at);
    return this.take(whole, { kind: 'one', source: whole });
  }

  private group(): Node | undefined {
    const start = this.match(groupStart)?.[0] ?? '(';
    this.at += start.length;
    if (start === '(' && this.source[this.at] === '?') return this.give('(?');
    if (++this.depth > maxDepth) return this.give('(');
    const alternatives = this.alternatives();
    this.depth--;
    if (this.source[this.at] !== ')') return this.give('(');
    return this.take(')', { kind: /^\(\?<?[=!]/.test(start) ? 'look' : 'group', alternatives });
  }

  /** From bracket to bracket; sets may be nested. */
  private set(): Node | undefined {
    const from = this.at;
    for (let depth = 0; !this.isAtEnd; this.at++) {
      const character = this.source[this.at];
      if (character === '\\') this.at++;
      else if (character === '[') depth++;
      else if (character === ']' && --depth === 0) {
        this.at++;
        return { kind: 'one', source: this.source.slice(from, this.at) };
      }
    }
    return this.give('[');
  }

  private escape(): Node | undefined {
    const one = this.match(escapes.one)?.[0];
    if (one !== undefined) return this.take(one, { kind: 'one', source: one });
    const edge = this.match(escapes.edge)?.[0];
    return edge === undefined ? this.give(this.source.slice(this.at, this.at + 2)) : this.take(edge, { kind: 'edge' });
  }

  /** How often the last part comes: `*`, `+`, `?`, `{2}`, `{2,}`, `{1,3}`, each perhaps lazy. */
  private count(): Omit<Item, 'node'> {
    const found = this.match(repetition);
    if (found === null) return { min: 1, max: 1 };
    const [whole, sign, from = '', comma, to = '', mark] = found;
    const isLazy = mark === '?';
    this.at += whole.length;
    if (sign !== undefined) return { min: sign === '+' ? 1 : 0, max: sign === '?' ? 1 : Infinity, isLazy };
    const least = Number(from);
    return { min: least, max: to === '' ? (comma === '' ? least : Infinity) : Number(to), isLazy };
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    return pattern.exec(this.source);
  }

  private take(text: string, node: Node): Node {
    this.at += text.length;
    return node;
  }

  private give(part: string): undefined {
    this.unknown ??= part;
    return undefined;
  }
}

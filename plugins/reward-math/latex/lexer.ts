import type { Budget } from '../budget.js';
import {
  doubleStruck,
  functions,
  greek,
  ignored,
  isKnown,
  knownPrefix,
  marks,
  subscripts,
  superscripts,
  textCommands,
  unicodeMarks,
  unicodeNames,
  vulgarFractions,
  wordConstants,
  wordFunctions,
  wordMarks,
} from './commands.js';
import { readNumeral } from './numerals.js';
import { closingBrace, ParseFailure, type Token, type TokenKind } from './tokens.js';
import { isBareUnit, isUnitLetter } from './units.js';

/** Turns answer text into tokens, from left to right, each character looked at a bounded number of times. */
export function tokenize(text: string, budget: Budget): Token[] {
  return new Lexer(prepare(text), budget).run();
}

/** Undoes doubled backslashes (\\frac), which logs and JSON leave behind; a matrix needs them as row ends. */
function prepare(text: string): string {
  const halved =
    /\\begin\s*\{/.test(text) || text.includes('\\\\[') ? text : text.replace(/\\\\(?=[a-zA-Z{}!,;:$%])/g, '\\');
  return halved.replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0)).trim();
}

const openers = new Set(['(', '[', '\\{', '⟨']);
const closers = new Set([')', ']', '\\}', '⟩']);

class Lexer {
  private at = 0;
  private space = false;
  private brackets = 0;
  private readonly tokens: Token[] = [];

  constructor(
    private readonly text: string,
    private readonly budget: Budget,
  ) {}

  run(): Token[] {
    while (this.at < this.text.length) {
      this.budget.spend();
      this.step(this.text[this.at]!);
    }
    return this.tokens;
  }

  private step(char: string): void {
    if (/\s|[\u200b-\u200d\u2060\ufeff~$]/.test(char)) {
      this.at++;
      this.space = true;
    } else if (char === '\\') this.command();
    else if (/[0-9.]/.test(char)) this.numeral(char);
    else if (/[a-zA-Z]/.test(char)) this.word();
    else this.other(char);
  }

  private push(kind: Exclude<TokenKind, 'number'>, text: string): void {
    if (kind === 'mark' && openers.has(text)) this.brackets++;
    if (kind === 'mark' && closers.has(text)) this.brackets--;
    this.tokens.push({ kind, text, space: this.space });
    this.space = false;
  }

  private numeral(char: string): void {
    const numeral = readNumeral(this.text, this.at, this.brackets > 0);
    if (numeral === undefined) {
      // A lone point ends a sentence or follows \right.
      this.at++;
      if (char !== '.') throw new ParseFailure(`unexpected ${char}`);
      if (!this.atEnd()) this.push('mark', '.');
      return;
    }
    const text = this.text.slice(this.at, this.at + numeral.length);
    this.at += numeral.length;
    this.tokens.push({ kind: 'number', text, value: numeral.value, decimal: numeral.decimal, space: this.space });
    this.space = false;
  }

  /** Whether only closing dollars, braces and spaces remain. */
  private atEnd(): boolean {
    const rest = this.text.slice(this.at, this.at + 200);
    return rest.length < 200 && /^[\s$}.]*$/.test(rest);
  }

  private command(): void {
    const next = this.text[this.at + 1] ?? '';
    if (!/[a-zA-Z]/.test(next)) return this.symbolCommand(next);
    const name = /[a-zA-Z]+/y;
    name.lastIndex = this.at + 1;
    const written = name.exec(this.text)![0];
    const known = isKnown(written) ? written : (knownPrefix(written) ?? written);
    this.at += 1 + known.length;
    this.named(known);
  }

  /** A backslash before something that is no letter. */
  private symbolCommand(next: string): void {
    this.at += 2;
    if (next === '{' || next === '}') this.push('mark', `\\${next}`);
    else if (next === '\\') this.push('mark', '\\\\');
    else if (next === '|') this.push('mark', '‖');
    else if (next === '%') this.push('mark', '%');
    else if (next === '$') this.currency('$');
    else if (next === '#' || next === '&' || next === '_') this.push('text', next);
    else if (next !== '!' && next !== '/') this.space = true;
  }

  /** A currency sign is a unit, wherever it stands; it is kept as text behind a mark so that the parser sees it. */
  private currency(sign: string): void {
    this.push('mark', `currency${sign}`);
  }

  private named(name: string): void {
    if (textCommands.has(name)) return this.textGroup(name);
    if (name === 'left' || name === 'right') this.skipSilentDelimiter();
    if (name === 'hspace' || name === 'vspace' || name === 'phantom' || name === 'color') return this.skipGroup();
    if (ignored.has(name)) {
      if (!/^(?:left|right|[bB]ig)/.test(name)) this.space = true;
      return;
    }
    const mark = marks.get(name);
    if (mark !== undefined) return this.push('mark', mark);
    if (greek.has(name)) return this.push('letter', name);
    this.push('command', name);
  }

  /** \left. and \right. show nothing. */
  private skipSilentDelimiter(): void {
    if (this.text[this.at] === '.') this.at++;
  }

  private skipGroup(): void {
    if (this.text[this.at] === '*') this.at++;
    if (this.text[this.at] === '{') this.at = closingBrace(this.text, this.at) + 1;
    this.space = true;
  }

  private textGroup(command: string): void {
    while (this.text[this.at] === ' ' || this.text[this.at] === '*') this.at++;
    if (this.text[this.at] !== '{') return;
    const end = closingBrace(this.text, this.at);
    const content = this.text.slice(this.at + 1, end);
    this.at = end + 1;
    this.words(content.replace(/[{}$]|\\[ ,;!]/g, ' ').trim(), command);
    this.space = true;
  }

  /** Decides what the words of a text group are: a separator, a number, a letter, a function, or words. */
  private words(content: string, command: string): void {
    if (content === '') return;
    const plain = content.replace(/[.:]$/, '').trim();
    const lower = plain.toLowerCase();
    if (/^[\s,;]*(?:and|or)?[\s,;]*$/.test(lower)) return this.push('mark', ',');
    if (/^[-+]?[\d.,/ ]+$/.test(content)) return this.inline(content);
    const separated = /^[\s,;]*(?:and|or)\s+([-+\d.,/ ]+)$/.exec(lower);
    if (separated) {
      this.push('mark', ',');
      return this.inline(separated[1]!);
    }
    const word = wordMarks.get(lower);
    if (word !== undefined && word !== '*') return this.push('mark', word);
    const upright = command === 'mathrm' || command === 'operatorname';
    if (upright && functions.has(plain)) return this.push('command', plain);
    if (upright && /^[a-zA-Z]$/.test(plain) && !(this.afterNumber() && isUnitLetter(plain)))
      return this.push('letter', plain);
    this.push('text', content);
  }

  private inline(content: string): void {
    for (const token of new Lexer(content, this.budget).run()) this.tokens.push(token);
  }

  private afterNumber(): boolean {
    const last = this.tokens.at(-1);
    return last?.kind === 'number' || (last?.kind === 'mark' && (last.text === '}' || last.text === ')'));
  }

  private word(): void {
    const pattern = /[a-zA-Z]+/y;
    pattern.lastIndex = this.at;
    const run = pattern.exec(this.text)![0];
    if (run.length === 1) return this.letters(run);
    const glued = /^(and|or)[A-Z]$/.exec(run)?.[1];
    const word = glued !== undefined && this.tokens.length > 0 ? glued : run;
    const mark = wordMarks.get(word.toLowerCase());
    const next = this.text.slice(this.at + word.length).trimStart()[0] ?? '';
    if (mark !== undefined && (this.tokens.length > 0 || mark === ',')) this.taken(word, 'mark', mark);
    else if (wordConstants.has(word)) this.taken(word, 'command', wordConstants.get(word)!);
    else if (greek.has(word)) this.taken(word, 'letter', word);
    else if (wordFunctions.has(word)) this.taken(word, 'command', word);
    else if (/^(?:d|t)?frac$|^binom$/.test(word) && next === '{') this.taken(word, 'command', word);
    else if (this.afterNumber() && isBareUnit(word)) this.unitWords();
    else this.longWord(word);
  }

  private taken(written: string, kind: Exclude<TokenKind, 'number'>, text: string): void {
    this.at += written.length;
    this.push(kind, text);
  }

  /** Unit words run on: "square feet", "miles per hour", "km/h". */
  private unitWords(): void {
    const pattern = /[a-zA-Z]+(?:(?: |\/)[a-zA-Z]+)*/y;
    pattern.lastIndex = this.at;
    const run = pattern.exec(this.text)![0].split(/ (?:and|or)(?: |$)/)[0]!;
    this.taken(run, 'text', run);
  }

  /** sin glued to its argument; words of prose; or a product of single letters. */
  private longWord(word: string): void {
    const glued = /^(arcsin|arccos|arctan|sin|cos|tan|cot|ln|log|sqrt)([a-zA-Z])$/.exec(word);
    if (glued) return this.taken(glued[1]!, 'command', glued[1]!);
    if (word.length >= 4 && /[a-z]/.test(word)) return this.taken(word, 'text', word);
    this.letters(word);
  }

  private letters(run: string): void {
    for (const letter of run) this.push('letter', letter);
    this.at += run.length;
  }

  private other(char: string): void {
    this.at++;
    if (superscripts.includes(char)) return this.script(char, superscripts, '^');
    if (subscripts.includes(char)) return this.script(char, subscripts, '_');
    const fraction = vulgarFractions.get(char);
    if (fraction !== undefined) {
      const [top, bottom] = fraction.split('/') as [string, string];
      for (const token of new Lexer(`\\frac{${top}}{${bottom}}`, this.budget).run()) this.tokens.push(token);
      return;
    }
    const struck = doubleStruck.get(char);
    if (struck !== undefined) return this.push('letter', `ℝ${struck}`);
    const name = unicodeNames.get(char);
    if (name !== undefined) return this.named(name);
    if ('€£¥'.includes(char)) return this.currency(char);
    this.mark(unicodeMarks.get(char) ?? char);
  }

  private script(first: string, digits: string, mark: '^' | '_'): void {
    let value = String(digits.indexOf(first));
    while (digits.includes(this.text[this.at] ?? ' ')) value += digits.indexOf(this.text[this.at++]!);
    this.push('mark', mark);
    this.inline(value);
  }

  private mark(char: string): void {
    // 5!=120 is a factorial; x != 3 is "not equal".
    if (char === '!' && !this.space && this.tokens.at(-1)?.kind === 'number') return this.push('mark', char);
    const pair = char + (this.text[this.at] ?? '');
    const two = { '<=': '≤', '>=': '≥', '!=': '≠', '==': '=', '=<': '≤', '=>': '→', '->': '→', '**': '^' }[pair];
    if (two !== undefined) {
      this.at++;
      return this.push('mark', two);
    }
    if (char === '&' || '+-*/^_()[]{}|,;:!\'%°=<>≤≥≠≈≡∼≅∝∈∉⊂⊆±∓∪∩∖∘⟨⟩⌊⌋⌈⌉‖?@"`#→'.includes(char))
      return this.push('mark', char);
    this.push('text', char);
  }
}

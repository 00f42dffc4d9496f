import type { Budget } from '../budget.js';
import { readNumeral } from './numerals.js';
import { isKnown, knownPrefix } from './tables/known.js';
import { hiddenGroups, ignored, textCommands } from './tables/layout.js';
import {
  doubleStruck,
  greek,
  subscripts,
  superscripts,
  unicodeMarks,
  unicodeNames,
  vulgarFractions,
} from './tables/letters.js';
import { digraphs, markCharacters, marks } from './tables/marks.js';
import { words } from './tables/table.js';
import { readText, type TextContext } from './text-groups.js';
import { closingBrace, ParseFailure, type Token, type TokenKind } from './tokens.js';
import { isUnitLetter } from './units.js';
import { readWord } from './words.js';

/** Turns answer text into LaTeX tokens, from left to right, each character looked at a bounded number of times. */
export function tokenize(text: string, budget: Budget): Token[] {
  return new Lexer(prepare(text), budget).run();
}

const wideCharacters = /[\uff01-\uff5e]/g;
const caseWords = /\\(?:text|mbox|textrm)\s*\{\s*(?:if|for|when|where|with)\s*\}/g;
const announcement = /^(?:(?:最终|所以|因此)*答案?[是为：:]+|大?约)/;
/** Marks that typesetting wraps in braces, bold type of Markdown, corner brackets, and a letter x for ×. */
const spellings = /\{\s*[:;=+]\s*\}|\*\*|[【】「」『』]|x\s*10/;

function respelled(text: string): string {
  return text
    .replace(/\{\s*([:;=+])\s*\}/g, '$1')
    .replace(/^\s*\*\*(.+)\*\*\s*$/, '$1')
    .replace(/[【】「」『』]/g, ' ')
    .replace(/(?<=\d)\s*x\s*(?=10\s*\^)/g, '\\times ');
}

/** Undoes doubled backslashes (\\frac), which logs and JSON leave behind; a matrix needs them as row ends. */
function prepare(written: string): string {
  if (!/[\\\u0080-\uffffx*{]/.test(written)) return written.trim();
  const text = spellings.test(written) ? respelled(written) : written;
  const hasRows = /\\begin\s*\{/.test(text);
  const halved = hasRows || text.includes('\\\\[') ? text : text.replace(/\\\\(?=[a-zA-Z{}!,;:$%])/g, '\\');
  const narrow = halved.replace(wideCharacters, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0));
  // In cases, "if" stands where a column ends.
  const columns = /\\begin\s*\{[dr]?cases\}/.test(narrow) ? narrow.replace(caseWords, '&') : narrow;
  return columns.trim().replace(announcement, '');
}

const openers = words(String.raw`( [ \{ ⟨`);
const closers = words(String.raw`) ] \} ⟩`);
const ideographs = /[\p{sc=Han}]+/uy;

class Lexer implements TextContext {
  private at = 0;
  private space = false;
  private brackets = 0;
  readonly tokens: Token[] = [];

  /** `prose`: the text is the inside of a text group, so its runs of letters are words. */
  constructor(
    readonly text: string,
    private readonly budget: Budget,
    readonly prose = false,
  ) {}

  run(): Token[] {
    for (let char = this.text[this.at]; char !== undefined; char = this.text[this.at]) {
      this.budget.spend();
      this.step(char);
    }
    return this.tokens;
  }

  private step(char: string): void {
    if (/[\s\u200b-\u200d\u2060\ufeff~$"“”]/.test(char)) {
      this.at++;
      this.space = true;
    } else if (char === '\\') this.command();
    else if (/[0-9.]/.test(char)) this.numeral(char);
    else if (/[a-zA-Z]/.test(char)) this.at += readWord(this, this.at);
    else this.other(char);
  }

  push(kind: Exclude<TokenKind, 'number'>, text: string): void {
    if (kind === 'mark' && openers.has(text)) this.brackets++;
    if (kind === 'mark' && closers.has(text)) this.brackets--;
    this.tokens.push({ kind, text, space: this.space });
    this.space = false;
  }

  inline(content: string, prose = false): void {
    for (const token of new Lexer(content, this.budget, prose).run()) this.tokens.push(token);
  }

  isSpaced(): boolean {
    return this.space;
  }

  /** Whether a unit may stand here: behind a number or a closing bracket. */
  isAfterNumber(): boolean {
    const last = this.tokens.at(-1);
    return last?.kind === 'number' || (last?.kind === 'mark' && (last.text === '}' || last.text === ')'));
  }

  isUnitLetter(letter: string): boolean {
    return this.isAfterNumber() && isUnitLetter(letter);
  }

  private numeral(char: string): void {
    const numeral = readNumeral(this.text, this.at, this.brackets > 0);
    if (numeral !== undefined) {
      const text = this.text.slice(this.at, this.at + numeral.length);
      this.at += numeral.length;
      this.tokens.push({ kind: 'number', text, value: numeral.value, decimal: numeral.decimal, space: this.space });
      this.space = false;
    } else if (this.text.startsWith('...', this.at)) {
      this.at += 3;
      this.push('command', 'ldots');
    } else {
      // A lone point ends a sentence or follows \right.
      this.at++;
      if (char !== '.') throw new ParseFailure(`unexpected ${char}`);
      if (!this.isAtEnd()) this.push('mark', '.');
    }
  }

  /** Whether only closing dollars, braces and spaces remain. */
  private isAtEnd(): boolean {
    const rest = this.text.slice(this.at, this.at + 200);
    return rest.length < 200 && /^[\s$}.]*$/.test(rest);
  }

  private command(): void {
    const name = /[a-zA-Z]+/y;
    name.lastIndex = this.at + 1;
    const written = name.exec(this.text)?.[0];
    if (written === undefined) return this.symbolCommand(this.text[this.at + 1] ?? '');
    const known = isKnown(written) ? written : (knownPrefix(written) ?? written);
    this.at += 1 + known.length;
    this.named(known);
  }

  /** A backslash before something that is no letter. */
  private symbolCommand(next: string): void {
    this.at += 2;
    if (next === '{' || next === '}') this.push('mark', `\\${next}`);
    else if (next === '\\') this.rowEnd();
    else if (next === '|') this.push('mark', '‖');
    else if (next === '%') this.push('mark', '%');
    else if (next === '$') this.currency('$');
    else if (next === '#' || next === '&' || next === '_') this.push('text', next);
    else if (next !== '!' && next !== '/') this.space = true;
  }

  /** \\ with an optional distance: \\[3pt]. */
  private rowEnd(): void {
    const distance = /\*?\s*\[\s*-?[\d.]+\s*[a-z]{2}\s*\]/y;
    distance.lastIndex = this.at;
    this.at += distance.exec(this.text)?.[0].length ?? 0;
    if (!this.isAtEnd()) this.push('mark', '\\\\');
  }

  /** A currency sign is a unit, wherever it stands; it is kept as text behind a mark so that the parser sees it. */
  private currency(sign: string): void {
    this.push('mark', `currency${sign}`);
  }

  private named(name: string): void {
    if (textCommands.has(name)) return this.textGroup(name);
    if (name === 'left' || name === 'right') this.skipSilentDelimiter();
    if (hiddenGroups.has(name)) return this.skipGroup();
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
    if (/^\s*\\\$\s*$/.test(content)) return this.currency('$');
    readText(this, content.replace(/[{}$]|\\[ ,;!]/g, ' ').trim(), command);
    this.space = this.tokens.at(-1)?.kind !== 'letter';
  }

  private other(char: string): void {
    ideographs.lastIndex = this.at;
    const run = unicodeMarks.has(char) ? undefined : ideographs.exec(this.text)?.[0];
    if (run !== undefined) {
      this.at += run.length;
      return this.push('text', run);
    }
    this.at++;
    if (superscripts.includes(char)) return this.script(char, superscripts, '^');
    if (subscripts.includes(char)) return this.script(char, subscripts, '_');
    const [top, bottom] = vulgarFractions.get(char)?.split('/') ?? [];
    if (top !== undefined && bottom !== undefined) return this.inline(`\\frac{${top}}{${bottom}}`);
    const struck = doubleStruck.get(char);
    if (struck !== undefined) return this.push('letter', `ℝ${struck}`);
    const name = unicodeNames.get(char);
    if (name !== undefined) return this.named(name);
    if ('€£¥¢'.includes(char)) return this.currency(char);
    this.mark(unicodeMarks.get(char) ?? char);
  }

  private script(first: string, digits: string, mark: '^' | '_'): void {
    let value = String(digits.indexOf(first));
    for (
      let digit = digits.indexOf(this.text[this.at] ?? ' ');
      digit >= 0;
      digit = digits.indexOf(this.text[this.at] ?? ' ')
    ) {
      value += digit;
      this.at++;
    }
    this.push('mark', mark);
    this.inline(value);
  }

  private mark(char: string): void {
    // 5!=120 is a factorial; x != 3 is "not equal".
    if (char === '!' && !this.space && this.tokens.at(-1)?.kind === 'number') return this.push('mark', char);
    const two = digraphs.get(char + (this.text[this.at] ?? ''));
    if (two !== undefined) {
      this.at++;
      return this.push('mark', two);
    }
    this.push(markCharacters.has(char) || char === 'and' || char === 'or' ? 'mark' : 'text', char);
  }
}

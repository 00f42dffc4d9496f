import { words } from './tables/table.js';
import {
  domainWords,
  explanations,
  introductions,
  meaningfulWords,
  nounIntroduction,
  qualifiers,
} from './tables/words.js';
import type { Token } from './tokens.js';

/** An answer without what is said around it. */
export interface Unremarked {
  readonly answer: readonly Token[];
  /** Whom or what the answer is said to be true for: "for all x", "where k is an integer". */
  readonly qualifier: readonly Token[];
}

const choices = words('or ; ∨');
const trailing = words(', ; and');

/** Drops words that announce an answer, explanations behind it, and quantifiers, which are kept apart. */
export function withoutRemarks(tokens: readonly Token[]): Unremarked {
  if (!tokens.some(mayRemark)) return { answer: tokens, qualifier: [] };
  const start = tokens.findIndex((token) => !(token.kind === 'text' && isIntroduction(token.text.trim())));
  const rest = skipColon(start < 0 ? tokens : tokens.slice(start), start > 0);
  const end = rest.findIndex((token, at) => at > 0 && (startsRemark(token) || startsDomain(rest, at)));
  if (end < 0 || offersChoice(rest.slice(end))) return { answer: rest, qualifier: [] };
  const remark = rest.slice(end);
  const [first] = remark;
  const quantified = first !== undefined && !(first.kind === 'text' && explanations.test(first.text.trim()));
  if (quantified && !isDomain(remark)) return { answer: rest, qualifier: [] };
  return { answer: withoutTrailing(rest.slice(0, end)), qualifier: quantified ? remark : [] };
}

function mayRemark(token: Token): boolean {
  return token.kind === 'text' || token.kind === 'command' || token.text === '∈';
}

function isIntroduction(text: string): boolean {
  if (introductions.test(text)) return true;
  const noun = nounIntroduction.exec(text)?.[1];
  return (
    noun !== undefined &&
    !noun
      .toLowerCase()
      .split(/[ ,]+/)
      .some((word) => meaningfulWords.has(word))
  );
}

function skipColon(tokens: readonly Token[], introduced: boolean): readonly Token[] {
  const [first] = tokens;
  return introduced && first?.kind === 'mark' && (first.text === ':' || first.text === ',') ? tokens.slice(1) : tokens;
}

function startsRemark(token: Token): boolean {
  if (token.kind === 'command') return token.text === 'forall' || token.text === 'exists';
  if (token.kind !== 'text') return false;
  return qualifiers.test(token.text) || explanations.test(token.text.trim());
}

/** (k ∈ ℤ) or "for k ∈ ℤ" up to the end. */
function startsDomain(tokens: readonly Token[], at: number): boolean {
  const [first, letter, sign] = tokens.slice(at, at + 3);
  const opens = first?.text === '(' || (first?.kind === 'text' && first.text.trim() === 'for');
  if (!opens || letter?.kind !== 'letter' || sign?.text !== '∈') return false;
  return first.text !== '(' || tokens.findIndex((token, k) => k > at && token.text === ')') === tokens.length - 1;
}

/** "if", "or" and further items behind the answer are no remark but another answer. */
function offersChoice(remark: readonly Token[]): boolean {
  return remark.some(
    (token) =>
      (token.kind === 'mark' && choices.has(token.text)) ||
      (token.kind === 'text' && /\b(?:or|if|otherwise|else|not)\b/i.test(token.text)),
  );
}

const domainSigns = words(String.raw`, ∈ ( ) { } ≥ > ≤ < ≠ and ^`);
/** ℤ^+ and ℝ^* */
const setMarks = words('+ - *');
const orders = words('≥ > ≤ < ≠');
const largestBound = 10;

/**
 * Whether a quantifier says nothing but of which letters: letters, words that name kinds of numbers, sets, and a bound
 * by a small number at the very end.
 */
function isDomain(tokens: readonly Token[]): boolean {
  return tokens.every((token, at) => {
    switch (token.kind) {
      case 'letter':
        return true;
      case 'text':
        return (token.text.toLowerCase().match(/\p{L}+/gu) ?? []).every((word) => domainWords.has(word));
      case 'command':
        return token.text === 'forall' || token.text === 'exists' || token.text === 'mathbb';
      case 'number': {
        const before = tokens[at - 1];
        const small = token.value.d === 1n && token.value.n <= largestBound;
        return small && before?.kind === 'mark' && orders.has(before.text) && at === tokens.length - 1;
      }
      case 'mark':
        return domainSigns.has(token.text) || (setMarks.has(token.text) && isRaised(tokens, at));
    }
  });
}

function isRaised(tokens: readonly Token[], at: number): boolean {
  const [before, earlier] = [tokens[at - 1]?.text, tokens[at - 2]?.text];
  return before === '^' || (before === '{' && earlier === '^');
}

function withoutTrailing(tokens: readonly Token[]): readonly Token[] {
  const last = tokens.findLastIndex((token) => !(token.kind === 'mark' && trailing.has(token.text)));
  return tokens.slice(0, last + 1);
}

import { percentLength, rankOf, ranks, type Candidate } from './candidates.js';

const numberPattern =
  /(?<=^|[\s=])(?:\*\*|__)?[$€£]?(-?(?:\d{1,3}(?:[ ,]\d{3})+(?!\d)(?:\.\d+)?|\d+[.,]\d+|\d+|\.\d+))/g;
const expressionPattern = /(?<=^|[\s=])[-(\d][\d.+\-*/^()×÷]{1,200}/g;

/** Plain numbers and expressions in prose, where decimal commas and thousands separators both occur. */
export function plainCandidates(text: string): Candidate[] {
  const result: Candidate[] = [];
  for (const match of text.matchAll(numberPattern)) {
    const end = match.index + match[0].length;
    const percent = percentLength(text, end);
    result.push({
      text: plainNumber(match[1] ?? '') + (percent > 0 ? '\\%' : ''),
      start: match.index,
      end: end + percent,
      rank: rankOf(text, match.index, end, true),
    });
  }
  for (const match of text.matchAll(expressionPattern)) {
    const written = match[0].replace(/[.+\-*/^(×÷]+$/, '');
    const end = match.index + written.length;
    const next = text[end] ?? ' ';
    if (!/[\s.,;:!?$)\]}]/.test(next) || !/\d/.test(written) || !/[+\-*/^()×÷]/.test(written.slice(1))) continue;
    result.push({ text: written, start: match.index, end, rank: rankOf(text, match.index, end, true) });
  }
  return result;
}

/** A short text that is an equation and nothing else: x=1 or x=2. */
export function wholeEquation(text: string): Candidate[] {
  const plain = text.length <= 300 && text.includes('=') && !/\$|\\boxed|\p{L}{4}/u.test(text);
  return plain ? [{ text, start: 0, end: text.length, rank: ranks.anywhere }] : [];
}

function plainNumber(written: string): string {
  if (/^-?\d{1,3}(?:[ ,]\d{3})+(?:\.\d+)?$/.test(written) && !/^-?0,/.test(written))
    return written.replace(/[ ,]/g, '');
  return written.replace(',', '.');
}

/** Option letters or other given strings, standing alone. */
export function stringCandidates(text: string, strings: readonly string[], lowercase: boolean): Candidate[] {
  const result: Candidate[] = [];
  const folded = (value: string): string => (lowercase ? value.toLowerCase() : value);
  const wanted = new Set(strings.map(folded));
  for (const match of text.matchAll(/(?<=^|[\s"'(*:=[])[^\s.,;:!?"'()*[\]]+(?=$|[\s.,;:!?"')*\]])/g)) {
    if (!wanted.has(folded(match[0]))) continue;
    const end = match.index + match[0].length;
    const rank = Math.min(rankOf(text, match.index, end), match.index === 0 ? ranks.start : ranks.anywhere);
    result.push({ text: folded(match[0]), start: match.index, end, rank });
  }
  return result;
}

import { findBoxes, lastBoxes, type Box } from './boxes.js';
import { percentLength, rankOf, type Candidate } from './candidates.js';

interface Environment {
  readonly start: number;
  readonly end: number;
  readonly content: string;
}

const delimiters: readonly (readonly [string, string, boolean])[] = [
  ['$$', '$$', true],
  ['\\[', '\\]', true],
  ['\\(', '\\)', false],
  ['$', '$', false],
];

/** Everything in LaTeX that may be an answer. `boxRank` undefined ignores boxes. */
export function latexCandidates(text: string, boxRank: number | undefined): Candidate[] {
  const environments = findEnvironments(text);
  const candidates = joined(text, environments);
  candidates.push(...bareFractions(text));
  if (boxRank !== undefined) candidates.push(...boxCandidates(text, environments, boxRank));
  return candidates;
}

/** Mathematics between delimiters, found from left to right without looking back. */
function findEnvironments(text: string): Environment[] {
  const found: Environment[] = [];
  const searches = new Map<string, number>();
  for (let at = 0; at < text.length;) {
    const next = nextDelimiter(text, at);
    if (next === undefined) break;
    const [start, [open, close, lines]] = next;
    const inside = start + open.length;
    const end = closingDelimiter(text, close, inside, searches);
    const content = end < 0 ? '' : text.slice(inside, end);
    if (end < 0 || (!lines && content.includes('\n'))) at = inside;
    else {
      if (content.trim() !== '') found.push({ start, end: end + close.length, content });
      at = end + close.length;
    }
  }
  return found;
}

/** indexOf that remembers when nothing is left, so that many openings without closing stay cheap. */
function closingDelimiter(text: string, close: string, from: number, searches: Map<string, number>): number {
  const known = searches.get(close);
  if (known !== undefined && (known < 0 || known >= from)) return known;
  let end = text.indexOf(close, from);
  while (end > 0 && text[end - 1] === '\\' && close.startsWith('$')) end = text.indexOf(close, end + 1);
  searches.set(close, end);
  return end;
}

function nextDelimiter(text: string, from: number): [number, (typeof delimiters)[number]] | undefined {
  for (let at = from; at < text.length; at++) {
    const char = text[at];
    if (char !== '$' && char !== '\\') continue;
    const before = text[at - 1] ?? ' ';
    const kind = delimiters.find(([open]) => text.startsWith(open, at));
    if (kind === undefined) continue;
    if (char === '$' && kind[0] === '$' && /[\\\d]/.test(before)) continue;
    return [at, kind];
  }
  return undefined;
}

const maxJoined = 6;

/** Environments joined by a comma, "and" or "or" are one answer with several items. */
function joined(text: string, environments: readonly Environment[]): Candidate[] {
  const groups: Environment[][] = [];
  for (const environment of environments) {
    const group = groups.at(-1);
    const before = group?.at(-1);
    if (group && before && group.length < maxJoined && isJoint(text, before, environment)) group.push(environment);
    else groups.push([environment]);
  }
  return groups.map((group) => ranked(text, joinedSpan(group)));
}

/** Where an answer stands, with its text. */
interface Span {
  readonly start: number;
  readonly end: number;
  readonly content: string;
}

function joinedSpan(parts: readonly Span[]): Span {
  const contents = parts.map((part) => part.content).join(', ');
  return { start: parts[0]?.start ?? 0, end: parts.at(-1)?.end ?? 0, content: contents };
}

function isJoint(text: string, left: { readonly end: number }, right: { readonly start: number }): boolean {
  const length = right.start - left.end;
  return length <= 12 && /^\s*(?:,|,?\s*(?:and|or))\s*$/i.test(text.slice(left.end, right.start));
}

/** A candidate with the rank that the words around it give it, or a given one. */
function ranked(text: string, { start, end, content }: Span, rank = rankOf(text, start, end)): Candidate {
  const percent = percentLength(text, end);
  return { text: percent > 0 ? `${content} \\%` : content, start, end: end + percent, rank };
}

/** \frac{1}{3} in the middle of prose. */
function bareFractions(text: string): Candidate[] {
  return [...text.matchAll(/-?\\[dt]?frac\s*\{\s*-?\d{1,20}\s*\}\s*\{\s*-?\d{1,20}\s*\}/g)].map((match) =>
    ranked(text, { start: match.index, end: match.index + match[0].length, content: match[0] }),
  );
}

/** Boxes: all those of one environment together, or the last group of bare ones. */
function boxCandidates(text: string, environments: readonly Environment[], rank: number): Candidate[] {
  const bare: Box[] = [];
  const inside = new Map<Environment, Box[]>();
  const later = environments[Symbol.iterator]();
  let around = later.next();
  for (const box of findBoxes(text)) {
    while (around.done !== true && around.value.end <= box.start) around = later.next();
    if (around.done === true || box.start < around.value.start) bare.push(box);
    else inside.set(around.value, [...(inside.get(around.value) ?? []), box]);
  }
  const found = [...inside].map(([{ start, end }, boxes]) => {
    const { content, end: lastEnd } = joinedSpan(boxes);
    return ranked(text, { start, end: Math.max(end, lastEnd), content }, rank);
  });
  const merged = mergeNeighbours(text, found);
  const last = lastBoxes(text, bare);
  return last.length > 0 ? [...merged, ranked(text, joinedSpan(last), rank)] : merged;
}

/** \(\boxed{1}\) and \(\boxed{-2}\) are one answer too. */
function mergeNeighbours(text: string, found: readonly Candidate[]): Candidate[] {
  const result: Candidate[] = [];
  for (const next of found) {
    const last = result.at(-1);
    if (last && isJoint(text, last, next))
      result[result.length - 1] = { ...last, text: `${last.text}, ${next.text}`, end: next.end };
    else result.push(next);
  }
  return result;
}

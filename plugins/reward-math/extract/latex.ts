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
  const result: Candidate[] = [];
  for (let first = 0; first < environments.length;) {
    let last = first;
    while (
      last + 1 < environments.length &&
      last - first + 1 < maxJoined &&
      isJoint(
        text.slice(environments[last]!.end, Math.min(environments[last + 1]!.start, environments[last]!.end + 12)),
        environments[last + 1]!.start - environments[last]!.end,
      )
    )
      last++;
    const group = environments.slice(first, last + 1);
    result.push(candidate(text, group[0]!.start, group.at(-1)!.end, group.map((e) => e.content).join(', ')));
    first = last + 1;
  }
  return result;
}

function isJoint(between: string, length: number): boolean {
  return length <= 12 && /^\s*(?:,|,?\s*(?:and|or))\s*$/i.test(between);
}

function candidate(
  text: string,
  start: number,
  end: number,
  content: string,
  rank = rankOf(text, start, end),
): Candidate {
  const percent = percentLength(text, end);
  return { text: percent > 0 ? `${content} \\%` : content, start, end: end + percent, rank };
}

/** \frac{1}{3} in the middle of prose. */
function bareFractions(text: string): Candidate[] {
  return [...text.matchAll(/-?\\[dt]?frac\s*\{\s*-?\d{1,20}\s*\}\s*\{\s*-?\d{1,20}\s*\}/g)].map((match) =>
    candidate(text, match.index, match.index + match[0].length, match[0]),
  );
}

/** Boxes: all those of one environment together, or the last group of bare ones. */
function boxCandidates(text: string, environments: readonly Environment[], rank: number): Candidate[] {
  const boxes = findBoxes(text);
  const bare: Box[] = [];
  const result: Candidate[] = [];
  let e = 0;
  for (let b = 0; b < boxes.length;) {
    while (e < environments.length && environments[e]!.end <= boxes[b]!.start) e++;
    const around = environments[e];
    if (around === undefined || boxes[b]!.start < around.start) {
      bare.push(boxes[b++]!);
      continue;
    }
    const inside: Box[] = [];
    while (b < boxes.length && boxes[b]!.start < around.end) inside.push(boxes[b++]!);
    result.push(candidate(text, around.start, Math.max(around.end, inside.at(-1)!.end), contents(inside), rank));
  }
  const merged = mergeNeighbours(text, result, rank);
  const last = lastBoxes(text, bare);
  if (last.length > 0) merged.push(candidate(text, last[0]!.start, last.at(-1)!.end, contents(last), rank));
  return merged;
}

function contents(boxes: readonly Box[]): string {
  return boxes.map((box) => box.content).join(', ');
}

/** \(\boxed{1}\) and \(\boxed{-2}\) are one answer too. */
function mergeNeighbours(text: string, found: readonly Candidate[], rank: number): Candidate[] {
  const result: Candidate[] = [];
  for (const next of found) {
    const last = result.at(-1);
    if (last && isJoint(text.slice(last.end, last.end + 13).slice(0, next.start - last.end), next.start - last.end)) {
      result[result.length - 1] = { text: `${last.text}, ${next.text}`, start: last.start, end: next.end, rank };
    } else result.push(next);
  }
  return result;
}

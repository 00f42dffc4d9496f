/** A piece of text that may be the answer. */
export interface Candidate {
  /** The answer as the verifier reads it: LaTeX without its delimiters, or a number or word. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Lower ranks are tried first; within a rank the rightmost, then the longest. */
  readonly rank: number;
}

export const ranks = { hope: 0, finalAnswer: 50, answerColon: 100, answer: 200, start: 250, anywhere: 300 } as const;

export function inOrder(candidates: readonly Candidate[]): Candidate[] {
  return [...candidates].sort((a, b) => a.rank - b.rank || b.end - a.end || a.start - b.start);
}

/** How strongly the words around a candidate announce it. Looks only at a short window, so the search stays linear. */
export function rankOf(text: string, start: number, end: number, plain = false): number {
  const before = text
    .slice(Math.max(0, start - 140), start)
    .toLowerCase()
    .replace(/[*_]{2}/g, '')
    .trimEnd();
  const after = text.slice(end, end + 20).toLowerCase();
  if (/final answer is:?$/.test(before) && /^\W{0,3}\s*i hope/.test(after)) return ranks.hope;
  if (saysFinalAnswerIs(before)) return ranks.finalAnswer;
  const colon = before.lastIndexOf('answer:');
  if (colon >= 0 && before.length - colon - 7 <= 50) return ranks.answerColon;
  if (plain && colon >= 0 && before.length - colon - 7 <= 100 && before.endsWith('=')) return ranks.answerColon;
  const word = before.lastIndexOf('answer');
  return word >= 0 && before.length - word - 6 <= 50 ? ranks.answer : ranks.anywhere;
}

/** "final answer", at most a hundred characters, then "is" directly before the candidate. */
function saysFinalAnswerIs(before: string): boolean {
  const phrase = before.lastIndexOf('final answer');
  return phrase >= 0 && before.length - phrase - 'final answer'.length <= 103 && /\bis:?$/.test(before);
}

/** Length of a percent sign or word right behind a candidate, 0 if there is none. */
export function percentLength(text: string, end: number): number {
  return /^\s*(?:\\?%|percent(?:age)?\b|pct\b)/i.exec(text.slice(end, end + 20))?.[0].length ?? 0;
}

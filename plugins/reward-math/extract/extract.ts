import { inOrder } from './candidates.js';
import { latexCandidates } from './latex.js';
import { plainCandidates, stringCandidates, wholeEquation } from './plain.js';

export const extractionTargets = ['latex', 'expr', 'string'] as const;
export type ExtractionTarget = (typeof extractionTargets)[number];

/** How the answer is looked for in free text. */
export interface ExtractionOptions {
  readonly targets: readonly ExtractionTarget[];
  /** Rank of boxes among the other signs of an answer; -1 ignores boxes. */
  readonly boxedPriority: number;
  /** Look at the best candidate only. */
  readonly firstMatchOnly: boolean;
  readonly strings: readonly string[];
  readonly lowercase: boolean;
}

const maxTries = 20;

/** The best candidate that `readable` accepts; if none is, the best as it stands. Undefined if there is none. */
export function extractFromText(
  text: string,
  options: ExtractionOptions,
  readable: (answer: string) => boolean,
): string | undefined {
  const wants = (target: ExtractionTarget): boolean => options.targets.includes(target);
  const candidates = inOrder([
    ...(wants('latex') ? latexCandidates(text, options.boxedPriority < 0 ? undefined : options.boxedPriority) : []),
    ...(wants('expr') ? [...plainCandidates(text), ...wholeEquation(text)] : []),
    ...(wants('string') ? stringCandidates(text, options.strings, options.lowercase) : []),
  ]);
  const tried = candidates.slice(0, options.firstMatchOnly ? 1 : maxTries);
  return (tried.find((candidate) => readable(candidate.text)) ?? tried[0])?.text;
}

import type { Problem } from './data.js';

/** Where problems come from. Opening reads and checks everything: malformed data fails here, not at iteration 300. */
export interface ProblemSource {
  readonly name: string;
  open(): Promise<ProblemSet>;
}

export interface ProblemSet {
  readonly train: ProblemList;
  /** Held-out problems by name of the set; none of them may occur in `train`. */
  readonly evaluation: Readonly<Record<string, ProblemList>>;
}

/** Random access, so that a seeded order needs no buffer and resumes from a position. `at` is pure. */
export interface ProblemList {
  readonly length: number;
  at(index: number): Problem;
}

/** Turns a problem into the text the model continues. */
export interface Template {
  readonly name: string;
  render(problem: Problem): string;
  /** Texts that end a response under this template. */
  readonly stop: readonly string[];
}

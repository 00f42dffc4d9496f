import type { AnswerSettings } from './answerer.js';
import type { ProblemList } from './problems.js';

/** How a benchmark is measured where nobody chooses otherwise. */
export interface BenchmarkProtocol extends AnswerSettings {
  /** Responses per question. */
  readonly samples: number;
  /** Where these numbers come from, for example a paper with its section. */
  readonly origin: string;
}

/** How the answer is found in a response and compared with the gold answer: a provider of the reward slot. */
export interface BenchmarkGrading {
  readonly type: string;
  readonly [setting: string]: unknown;
}

/**
 * Questions with everything that a measurement needs. The questions stay where their licence puts them: a file of the
 * user's or a dataset of the hub, never part of this project.
 */
export interface Benchmark {
  /** Key in results and on the command line, for example `math500`. */
  readonly name: string;
  readonly title: string;
  /** Where the questions are published. */
  readonly source: string;
  /** SPDX identifier where there is one. */
  readonly licence: string;
  /** Number of questions as published; null where nobody published one. */
  readonly questions: number | null;
  /** Free answers, or the letter of an option. */
  readonly form: 'open' | 'choice';
  readonly protocol: BenchmarkProtocol;
  readonly grading: BenchmarkGrading;
  /** Opens and checks all questions. Throws ORZ_DATA_MALFORMED, ORZ_DATA_MISSING, or as the hub does. */
  open(): Promise<ProblemList>;
}

import type { DataNote } from '../data/notes.js';
import type { Problem } from './data.js';
import type { ModelDescription } from './model-source.js';

/** Where problems come from. Opening reads and checks everything: malformed data fails here, not at iteration 300. */
export interface ProblemSource {
  readonly name: string;
  open(): Promise<ProblemSet>;
}

export interface ProblemSet {
  readonly train: ProblemList;
  /** Held-out problems by name of the set; filters remove from `train` what repeats them. */
  readonly evaluation: Readonly<Record<string, ProblemList>>;
}

/** A part of a list that comes from one source. */
export interface ListPart {
  /** Unique within the list; the order of the part depends on it and on no other part. */
  readonly name: string;
  readonly length: number;
  /** Share of the draws, relative to the other parts; either every part has one or none. Above 0. */
  readonly weight?: number;
  /** What the records of the files looked like, for reports: a name of docs/data.md, or `fields`. */
  readonly form?: string;
  /** Records that the configuration did not select. */
  readonly unselected?: number;
  /** What was noticed in the records, for reports. */
  readonly notes?: readonly DataNote[];
}

/** Random access, so that a seeded order needs no buffer and resumes from a position. `at` is pure. */
export interface ProblemList {
  readonly length: number;
  at(index: number): Problem;
  /** What the list is joined from, in order; their lengths add up to that of the list. Absent: one part. */
  readonly parts?: readonly ListPart[];
}

/** A yes-or-no property of a response that has a meaning under one template, reported as metrics. */
export interface ResponseTrait {
  /** Metric: the share of the responses that have the trait; part of evaluations too. */
  readonly shareMetric: string;
  /** Metric: the mean length in tokens of correct responses that have it; absent: not reported. */
  readonly correctLengthMetric?: string;
  /** Whether a response has the trait. Must not throw, and must take time linear in the length of the text. */
  holds(text: string): boolean;
}

/** What a template may know of the model: its own chat template, and the files that hold its special tokens. */
export type TemplateModel = Pick<ModelDescription, 'chatTemplate' | 'companions'>;

/** What prompts depend on. */
export type PromptModel = TemplateModel & Pick<ModelDescription, 'tokenizer'>;

/** Turns a problem into the text the model continues. */
export interface Template {
  readonly name: string;
  /** The text, a function of problem and model only. Throws ORZ_TOKENIZER for a model that lacks what it needs. */
  render(problem: Problem, model: TemplateModel): string;
  /**
   * Whether the text holds the begin token of a model that has one, as chat templates do; otherwise it is put in front.
   */
  readonly includesBeginToken?: boolean;
  /** Texts that end a response under this template. */
  readonly stop: readonly string[];
  /** Ids of tokens that end a response under this template, besides the end tokens of the model. Absent: none. */
  stopTokens?(model: PromptModel): readonly number[];
  /** Properties of responses worth counting under this template; other templates do not log them. */
  readonly traits?: readonly ResponseTrait[];
}

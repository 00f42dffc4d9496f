import type { Problem, StopReason } from './data.js';

/** How responses are drawn; top-k is off. */
export interface AnswerSettings {
  /** 0 takes the most probable token. */
  readonly temperature: number;
  readonly topP: number;
  readonly maxResponseTokens: number;
}

/** One question and the numbers of the samples that are asked for, from 0; a resumed evaluation lacks only some. */
export interface Question {
  /** Position within its benchmark; part of the key of its randomness, so that order and batch do not matter. */
  readonly index: number;
  readonly problem: Problem;
  readonly samples: readonly number[];
}

/** One response. */
export interface Answer {
  readonly question: number;
  readonly sample: number;
  /** Whatever the model wrote; hostile input. */
  readonly text: string;
  readonly stopReason: StopReason;
  /** Tokens of the response; null where a server does not say. */
  readonly responseTokens: number | null;
}

export interface AnswerOptions {
  readonly signal: AbortSignal;
  /** Called as each response ends, in no fixed order. Rejecting ends the call with that error. */
  readonly onAnswer: (answer: Answer) => Promise<void>;
}

/** What is recorded of whoever answered, so that an evaluation can be told from another and made again. */
export interface AnswererIdentity {
  readonly kind: 'run' | 'model' | 'server';
  /** Run folder, model folder, name on the hub, or name of the model at the server. */
  readonly name: string;
  readonly revision?: string;
  /** Iteration of the checkpoint of a run. */
  readonly iteration?: number;
  /** SHA-256 over the weights; null where they cannot be read, as at a server. */
  readonly weights: string | null;
  /** How a question becomes a prompt: name of the template and its settings, or `chat` or `completions` of a server. */
  readonly prompt: Readonly<Record<string, unknown>>;
  /** What computed: backend and its settings, or the address of the server without user, password and query. */
  readonly computedBy: Readonly<Record<string, unknown>>;
}

/** Something that answers questions: a model of this process, or a server. */
export interface Answerer {
  readonly identity: AnswererIdentity;
  /** Whether a response has the form that the template asks for; absent where it asks for none. */
  readonly isWellFormed?: (text: string) => boolean;
  /** Prompt of a problem as the model gets it, for people to read. */
  promptOf(problem: Problem): string;
  /**
   * Tokens that are left for a response to any of these problems; below 1 where a prompt alone is too long. Absent
   * where that is not known, as at a server.
   */
  room?(problems: readonly Problem[]): number;
  /**
   * Draws every sample of every question. Throws what stops all of it: ORZ_PROMPT_TOO_LONG, a server that cannot be
   * reached for good, the reason of an abort. Responses already handed out stay valid.
   */
  answer(questions: readonly Question[], settings: AnswerSettings, options: AnswerOptions): Promise<void>;
  close(): Promise<void>;
}

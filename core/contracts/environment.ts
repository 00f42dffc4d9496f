import type { Problem, StopReason } from './data.js';

/** What the policy wrote in one turn. */
export interface Action {
  /** Stop string and special tokens included. */
  readonly text: string;
  /** `length`: the limit on tokens cut the turn, which is the last one then, whatever the environment answers. */
  readonly stopReason: StopReason;
}

/** What an environment writes: text, or token ids that are taken as they are. */
export type Observation = string | Int32Array;

/** An environment's answer to one turn. A reward falls on the last token of the turn. */
export type EnvironmentStep =
  | { readonly done: true; readonly reward?: number }
  | { readonly done: false; readonly observation: Observation; readonly reward?: number };

/** One response in the making. */
export interface Episode {
  /** Put after the prompt, before the first turn. */
  readonly observation?: Observation;
  /**
   * Called after each turn of the policy. Whatever text a model wrote, it must not throw for it. A function of the
   * problem, the key and the actions so far only: a thread that was replaced goes through them again.
   */
  step(action: Action): EnvironmentStep | Promise<EnvironmentStep>;
  /** Called when nothing more will be asked, at the latest when the thread needs room. */
  close?(): Promise<void> | void;
}

/** What the policy acts in: it answers turns of the policy with text, until the response is complete. */
export interface Environment {
  readonly name: string;
  /** Texts that end a turn, besides those of the template; kept in the response. */
  readonly stop: readonly string[];
  /** Maximum number of turns; a response that reaches it without being done counts as cut. */
  readonly maxTurns: number;
  /**
   * Begins a response. `key` identifies the randomness, the same for all responses to one problem, which have to start
   * alike to be compared.
   */
  reset(problem: Problem, key: readonly number[]): Episode | Promise<Episode>;
}

/**
 * An environment as a plugin provides it: a module that threads import, so that user code runs off the training thread.
 * The module exports `createEnvironment(settings)`; it may be the plugin's own file.
 */
export interface EnvironmentModule {
  /** Absolute URL of a module that exports an {@link EnvironmentFactory}; absent: responses have one turn. */
  readonly moduleUrl?: string;
  /** Name of that export; `default` if absent. */
  readonly exportName?: string;
  /** Structured-cloneable settings handed to the factory in the thread. */
  readonly settings: unknown;
}

export type EnvironmentFactory = (settings: unknown) => Environment | Promise<Environment>;

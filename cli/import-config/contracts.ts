/** Settings of another trainer by their full names (`actor_rollout_ref.rollout.n`), in the order of the file. */
export type Values = ReadonlyMap<string, unknown>;

/** What becomes of one setting of another trainer. */
export interface Outcome {
  /** `same`: it means the same here; `differs`: something else, which the text says; `none`: it has no counterpart. */
  readonly kind: 'same' | 'differs' | 'none';
  /** What it sets here, by dotted path. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly text?: string;
}

/** Decides about one setting; `values` holds all of them, defaults included. */
export type Rule = (value: unknown, values: Values, key: string) => Outcome;

/** How settings of one trainer are read. */
export interface Source {
  /** Name and version that the rules were written for. */
  readonly name: string;
  /** Older names of settings. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Its own defaults, where a run here would have another number. */
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly rules: Readonly<Record<string, Rule>>;
  /** Settings about devices, speed, logs and saving, which change no number of the training. */
  readonly unneeded: readonly RegExp[];
}

/** One setting of the file, or a default of the trainer, and what became of it. */
export interface Note extends Outcome {
  readonly key: string;
  readonly value: unknown;
  /** Whether the file does not state it. */
  readonly isDefault: boolean;
}

export interface Translation {
  readonly source: Source;
  /** What our configuration states, by dotted path. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly notes: readonly Note[];
  /** Settings that need none. */
  readonly unneeded: readonly string[];
}

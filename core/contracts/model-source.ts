import type { DecoderConfig } from '../compute/nn/config.js';
import type { NamedTensor } from './model.js';
import type { Random } from '../random.js';
import type { RunEvents } from './run-events.js';
import type { Tokenizer } from './tokenizer.js';

/**
 * What is known about a model without its weights: enough to plan a run, to check its data, and to write an export
 * around weights.
 */
export interface ModelDescription {
  readonly config: DecoderConfig;
  readonly tokenizer: Tokenizer;
  /** Jinja text that turns a list of messages into a prompt, if the model has one. */
  readonly chatTemplate?: string;
  /**
   * Texts of files that belong to the tokenizer or to generation (`tokenizer_config.json`, `generation_config.json`),
   * by name: copied unchanged into exports.
   */
  readonly companions?: Readonly<Record<string, string>>;
  /** What loading trains, where the model is made on the spot: for the time in a plan. */
  readonly training?: BaseTraining;
}

/** The training of a base model that is made on the spot. */
export interface BaseTraining {
  readonly steps: number;
  readonly tokensPerStep: number;
  /** Mean lengths of the sequences it learns from, which are those it will sample. */
  readonly promptTokens: number;
  readonly responseTokens: number;
}

/** A base model ready to be trained: architecture, tokenizer and weights under their Hugging Face names. */
export interface BaseModel extends ModelDescription {
  /** A fresh pass over all weights each time, one tensor at a time. */
  weights(): AsyncIterable<NamedTensor> | Iterable<NamedTensor>;
  /**
   * The same of a trained critic of this architecture, value head included, for a run to start from. Absent: its critic
   * starts from {@link weights} with a fresh value head.
   */
  critic?(): AsyncIterable<NamedTensor> | Iterable<NamedTensor>;
}

/**
 * What becomes of keys in a `config.json` that are not known: all refused, or all ignored with a warning. Where it is
 * not stated, those are refused that look like mathematics.
 */
export type UnknownConfigKeys = 'error' | 'warn';

export interface ModelSourceContext {
  readonly random: Random;
  readonly events: RunEvents;
  readonly signal: AbortSignal;
}

/** Where the base model comes from: a folder, a hub, or a short training of its own. */
export interface ModelSource {
  readonly name: string;
  /** Whether what it loads has a critic, by its setting `critic`. Absent: no. */
  readonly hasCritic?: boolean;
  /** Cheap: reads, downloads or trains no weights. */
  describe(context: ModelSourceContext): Promise<ModelDescription>;
  load(context: ModelSourceContext): Promise<BaseModel>;
  /**
   * Looks at what loading would read, as far as that is here and cheap: headers and shapes, no weights. Throws what
   * {@link load} would. Absent where there is nothing to look at.
   */
  inspect?(context: ModelSourceContext): Promise<void>;
}

import type { DecoderConfig } from '../nn/config.js';
import type { NamedTensor } from './model.js';
import type { Random } from '../random.js';
import type { RunEvents } from './platform.js';
import type { Tokenizer } from './tokenizer.js';

/** A base model ready to be trained: architecture, tokenizer and weights under their Hugging Face names. */
export interface BaseModel {
  readonly config: DecoderConfig;
  readonly tokenizer: Tokenizer;
  /** A fresh pass over all weights each time, one tensor at a time. */
  weights(): AsyncIterable<NamedTensor> | Iterable<NamedTensor>;
}

export interface ModelSourceContext {
  readonly random: Random;
  readonly events: RunEvents;
  readonly signal: AbortSignal;
}

/** Where the base model comes from: a folder, a hub, or a short training of its own. */
export interface ModelSource {
  readonly name: string;
  load(context: ModelSourceContext): Promise<BaseModel>;
}

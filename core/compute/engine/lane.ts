import { lastOf } from '../../arrays.js';
import type { StopReason, WeightVersion } from '../../contracts/data.js';
import type { Completion, SampleRequest, SamplingSettings } from '../../contracts/sampler.js';
import type { Tokenizer } from '../../contracts/tokenizer.js';
import type { RandomStream } from '../../random.js';
import { createTextStream, type TextStream } from '../../tokenizer/stream.js';
import { sampledLogprob } from './errors.js';

/** Which sample of which request. */
export interface SampleId {
  readonly request: number;
  readonly sample: number;
}

/** A response being generated, in one lane of the decode batch. */
export class Lane {
  readonly settings: SamplingSettings;
  /** Tokens whose keys and values are in the cache. */
  cached: number;
  /** The token to feed next. */
  pending: number;
  private readonly key: readonly number[];
  private readonly tokens: number[] = [];
  private readonly logprobs: number[] = [];
  private readonly stream: TextStream;
  private text = '';

  constructor(
    readonly id: SampleId,
    request: SampleRequest,
    tokenizer: Tokenizer,
  ) {
    this.settings = request.settings;
    this.key = request.key;
    this.stream = createTextStream(tokenizer, request.settings.stop);
    this.cached = request.promptTokens.length - 1;
    this.pending = lastOf(request.promptTokens);
  }

  /** For the next token: 24 bits, which f32 holds exactly, so that the uniform never rounds up to 1. */
  uniform(random: Pick<RandomStream, 'uniform'>): number {
    const [first = 0, second = 0] = this.key;
    return Math.floor(random.uniform(first, second, this.id.sample, this.tokens.length) * 2 ** 24) / 2 ** 24;
  }

  /** Adds the token that was drawn. Returns why the response is complete, or undefined if it goes on. */
  push(token: number, logprob: number): StopReason | undefined {
    if (!Number.isFinite(logprob)) throw sampledLogprob(logprob, { ...this.id, token: this.tokens.length });
    this.tokens.push(token);
    this.logprobs.push(logprob);
    const { text, stopped } = this.stream.push(token);
    this.text += text;
    if (stopped !== undefined) return 'stop';
    const stopToken = this.settings.stopTokens.includes(token);
    if (stopToken || this.tokens.length >= this.settings.maxResponseTokens) {
      this.finish();
      return stopToken ? 'stop' : 'length';
    }
    this.pending = token;
    this.cached++;
    return undefined;
  }

  /** Ends the text where no rule of the request ended the response. */
  finish(): void {
    this.text += this.stream.finish().text;
  }

  completion(stopReason: StopReason, weightVersion: WeightVersion): Completion {
    return {
      ...this.id,
      stopReason,
      tokens: Int32Array.from(this.tokens),
      logprobs: Float32Array.from(this.logprobs),
      text: this.text,
      weightVersion,
    };
  }
}

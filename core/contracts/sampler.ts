import type { StopReason, WeightVersion } from './data.js';
import type { Model } from './model.js';

export interface SamplingSettings {
  /** 0 takes the most probable token. */
  readonly temperature: number;
  /** Nucleus: the smallest set of tokens with at least this probability; 1 switches it off. */
  readonly topP: number;
  /** Only this many most probable tokens; 0 switches it off. */
  readonly topK: number;
  readonly maxResponseTokens: number;
  /** Texts that end a response, found across token boundaries; kept in the response. */
  readonly stop: readonly string[];
  /** Token ids that end a response; the id is kept as the last response token. */
  readonly stopTokens: readonly number[];
}

/** One prompt sampled `count` times. The prompt is prefilled once for all of them. */
export interface SampleRequest {
  readonly promptTokens: Int32Array;
  readonly count: number;
  readonly settings: SamplingSettings;
  /**
   * One or two integers from 0 to 2^32 − 1 that identify the randomness: sample `i` draws from stream (seed, ...key, i,
   * position), whatever else is in the batch.
   */
  readonly key: readonly number[];
}

export interface Completion {
  /** Index into the requests, and which of its `count` samples. */
  readonly request: number;
  readonly sample: number;
  readonly tokens: Int32Array;
  /** Full distribution at the sampling temperature (temperature 1 when greedy), before top-p and top-k. */
  readonly logprobs: Float32Array;
  readonly text: string;
  readonly stopReason: StopReason;
  readonly weightVersion: WeightVersion;
}

export interface SampleOptions {
  readonly signal?: AbortSignal;
  readonly onToken?: (request: number, sample: number, token: number) => void;
  /** Called as each completion ends, in no fixed order, so that grading can begin while sampling continues. */
  readonly onDone?: (completion: Completion) => void;
}

export interface Sampler {
  /** Completions in order of request, then sample. */
  sample(requests: readonly SampleRequest[], options?: SampleOptions): Promise<Completion[]>;
  /** Takes over the policy's weights and reports their version. */
  sync(policy: Model): Promise<WeightVersion>;
  readonly version: WeightVersion;
}

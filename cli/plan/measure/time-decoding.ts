import type { RunConfig } from '../../../core/config/schema.js';
import type { Engine } from '../../../core/contracts/engine.js';

/** Tokens that each lane decodes. */
const steps = 6;

interface DecodingRequest {
  /** Of the cache. */
  readonly capacity: number;
  readonly lanes: number;
  readonly config: RunConfig;
}

/** Seconds of a decoding step, the median of a few, and of everything before the first token: prefill, compiling. */
export async function timeDecoding(
  { policy, sampler }: Engine,
  { capacity, lanes, config: { topP, topK, temperature } }: DecodingRequest,
): Promise<{ readonly seconds: number; readonly first: number }> {
  await sampler.sync(policy);
  const tokens = Math.min(steps, capacity - 1);
  const times = [performance.now()];
  const settings = { temperature, topP, topK, maxResponseTokens: tokens, stop: [], stopTokens: [] };
  await sampler.sample([{ promptTokens: new Int32Array(capacity - tokens), count: lanes, settings, key: [0] }], {
    onToken: (_, sample) => {
      if (sample === 0) times.push(performance.now());
    },
  });
  const [first = 0, ...later] = times.slice(1).map((time, i) => (time - (times[i] ?? time)) / 1000);
  const seconds = median(later.length === 0 ? [first] : later);
  return { seconds, first: Math.max(0, first - seconds) };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

import type { Engine } from '../../contracts/engine.js';
import type { Sequence } from '../../contracts/model.js';
import type { Completion, SampleRequest, SamplingSettings } from '../../contracts/sampler.js';
import { elementAt } from '../../arrays.js';
import { requireClose, requireThat } from '../check.js';
import { exampleSequences } from '../example-model.js';

/** Twelve tokens from the distribution of the model as it is. */
export const plainSettings: SamplingSettings = {
  temperature: 1,
  topP: 1,
  topK: 0,
  maxResponseTokens: 12,
  stop: [],
  stopTokens: [],
};

/** Prompts short and long, in no order. */
export const mixedLengths = [1, 2, 9, 5, 17, 1, 30, 3];

/** Requests for prompts of these lengths, with changes to the plain settings; `count` samples each. */
export function requestsFor(
  lengths: readonly number[],
  settings: Partial<SamplingSettings> = {},
  count = 3,
): SampleRequest[] {
  return exampleSequences(lengths.map((n) => [n, 0])).map(({ tokens }, r) => ({
    promptTokens: tokens,
    count,
    key: [7, r],
    settings: { ...plainSettings, ...settings },
  }));
}

/** A request for one prompt of this length. */
export const requestFor = (length: number): SampleRequest => elementAt(requestsFor([length]), 0);

/** Completions drawn with the present weights of the policy. */
export async function sampleInSync(engine: Engine, requests: readonly SampleRequest[]): Promise<Completion[]> {
  await engine.sampler.sync(engine.policy);
  return engine.sampler.sample(requests);
}

/** Prompt and response of a completion as one sequence. */
export function sequenceOf(requests: readonly SampleRequest[], completion: Completion): Sequence {
  const { promptTokens } = elementAt(requests, completion.request);
  return { tokens: Int32Array.of(...promptTokens, ...completion.tokens), promptLength: promptTokens.length };
}

/** Requires the same tokens, text and reason; log-probabilities may differ by rounding. */
export function requireSameCompletion(what: string, actual: Completion, expected: Completion, tolerance: number): void {
  requireClose(`${what}: tokens`, actual.tokens, expected.tokens, 0);
  requireClose(`${what}: log-probabilities`, actual.logprobs, expected.logprobs, tolerance);
  requireThat(
    actual.text === expected.text && actual.stopReason === expected.stopReason,
    `${what}: another text or stop reason`,
    [actual.text, expected.text],
  );
}

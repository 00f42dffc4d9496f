import type { Completion, SampleRequest } from '../../contracts/sampler.js';
import { elementAt, zip } from '../../arrays.js';
import { requireClose, requireDefined, requireThat, type ConformanceCheck } from '../check.js';
import { exactDistribution, requireFrequencies } from '../engine/distribution.js';
import { withEngine, type EngineFixture, type EngineUnderTest } from '../engine/harness.js';
import { nextTokenScores } from '../engine/scores.js';
import {
  mixedLengths,
  plainSettings,
  requestFor,
  requestsFor,
  requireSameCompletion,
  sampleInSync,
} from './requests.js';

/** How tokens are drawn: with the right probabilities, from streams that depend on the key alone. */
export function randomnessChecks(test: EngineUnderTest): ConformanceCheck[] {
  return [
    withEngine(test, 'tokens are drawn as often as their probability says, under any setting', {}, checkFrequencies),
    withEngine(test, 'pairs of tokens are drawn as often as their probability says', {}, checkPairFrequencies),
    withEngine(
      test,
      'a sample depends on its key and prompt only: not on order, number or the rest of the batch',
      {},
      checkIndependence,
    ),
    withEngine(test, 'other keys and other samples of a request are drawn independently', {}, checkDistinctSamples),
    withEngine(test, 'temperature 0, top-k 1 and a tiny top-p take the most probable token', {}, checkGreedy),
  ];
}

/** Samples per distribution. */
const draws = 1000;

async function checkFrequencies({ engine, policy, vocabSize }: EngineFixture): Promise<void> {
  const { promptTokens } = requestFor(4);
  const { logprobs } = await nextTokenScores(policy, promptTokens, vocabSize);
  const changes = [{}, { temperature: 0.5 }, { temperature: 2, topK: 5 }, { topP: 0.8 }, { topP: 0.9, topK: 3 }];
  for (const [n, change] of changes.entries()) {
    const settings = { ...plainSettings, ...change, maxResponseTokens: 1 };
    const completions = await sampleInSync(engine, [{ promptTokens, count: draws, settings, key: [n] }]);
    const outcomes = completions.map(({ tokens }) => elementAt(tokens, 0));
    requireFrequencies(JSON.stringify(change), countsOf(outcomes, vocabSize), exactDistribution(logprobs, settings));
  }
}

async function checkPairFrequencies({ engine, policy, vocabSize }: EngineFixture): Promise<void> {
  const { promptTokens } = requestFor(3);
  const settings = { ...plainSettings, temperature: 0.7, topK: 6, maxResponseTokens: 2 };
  const distributionAfter = async (prefix: Int32Array): Promise<number[]> =>
    exactDistribution((await nextTokenScores(policy, prefix, vocabSize)).logprobs, settings);
  const pairs: number[] = [];
  for (const [id, first] of (await distributionAfter(promptTokens)).entries())
    pairs.push(...(await distributionAfter(Int32Array.of(...promptTokens, id))).map((p) => first * p));
  const completions = await sampleInSync(engine, [{ promptTokens, count: draws, settings, key: [99] }]);
  const outcomes = completions.map(({ tokens }) => elementAt(tokens, 0) * vocabSize + elementAt(tokens, 1));
  requireFrequencies('pairs', countsOf(outcomes, pairs.length), pairs);
}

/** How often each outcome from 0 to `size` − 1 occurred. */
function countsOf(outcomes: readonly number[], size: number): number[] {
  const counts = new Array<number>(size).fill(0);
  for (const outcome of outcomes) counts[outcome] = elementAt(counts, outcome) + 1;
  return counts;
}

async function checkIndependence({ engine, tolerance }: EngineFixture): Promise<void> {
  const requests = requestsFor(mixedLengths);
  const expected = await sampleInSync(engine, requests);
  const expectedOf = (request: number, sample: number): Completion =>
    requireDefined(
      `completion ${request}.${sample}`,
      expected.find((c) => c.request === request && c.sample === sample),
    );

  const again = await sampleInSync(engine, requests);
  for (const [c, e] of zip(again, expected)) requireSameCompletion('asked again', c, e, 0);

  for (const c of await sampleInSync(engine, [...requests].reverse())) {
    const e = expectedOf(requests.length - 1 - c.request, c.sample);
    requireSameCompletion('requests reversed', c, e, tolerance);
  }

  for (const [r, request] of requests.entries()) {
    const batch = [hotCompanion(request, r), { ...request, count: 2 }];
    const completions = (await sampleInSync(engine, batch)).filter((c) => c.request === 1);
    for (const c of completions)
      requireSameCompletion(`request ${r} in another batch`, c, expectedOf(r, c.sample), tolerance);
  }
}

/** The same prompt under another key, with settings that need more steps and other cuts. */
const hotCompanion = (request: SampleRequest, r: number): SampleRequest => ({
  ...request,
  key: [8, r],
  settings: { ...plainSettings, temperature: 2, topK: 3, maxResponseTokens: 31 },
});

async function checkDistinctSamples({ engine }: EngineFixture): Promise<void> {
  const request = { ...requestFor(5), count: 4 };
  const completions = await sampleInSync(engine, [request, { ...request, key: [7, 1] }, { ...request, key: [8, 0] }]);
  const samples = completions.map((c) => c.tokens.join());
  requireThat(new Set(samples).size === samples.length, 'two samples are equal', samples);
}

async function checkGreedy(fixture: EngineFixture): Promise<void> {
  const { engine } = fixture;
  const requests = requestsFor([4, 9], { temperature: 0, maxResponseTokens: 6 }, 2);
  const greedy = await sampleInSync(engine, requests);
  for (const cut of [{ topK: 1 }, { topP: 1e-6 }]) {
    const completions = await sampleInSync(engine, requestsFor([4, 9], { ...cut, maxResponseTokens: 6 }, 2));
    for (const [c, e] of zip(completions, greedy))
      requireClose(`tokens with ${JSON.stringify(cut)}`, c.tokens, e.tokens, 0);
  }
  for (const c of greedy.filter(({ sample }) => sample === 0))
    await requireMostProbable(fixture, elementAt(requests, c.request).promptTokens, c);
}

async function requireMostProbable(
  { policy, vocabSize, tolerance }: EngineFixture,
  promptTokens: Int32Array,
  completion: Completion,
): Promise<void> {
  for (const [token, logprob, t] of zip(completion.tokens, completion.logprobs)) {
    const prefix = Int32Array.of(...promptTokens, ...completion.tokens.subarray(0, t));
    const { logprobs } = await nextTokenScores(policy, prefix, vocabSize);
    const expected = elementAt(logprobs, token);
    requireThat(
      expected >= Math.max(...logprobs) - tolerance,
      `token ${t} of request ${completion.request} is not the most probable one`,
    );
    requireClose('its log-probability at temperature 1', [logprob], [expected], 1e-4);
  }
}

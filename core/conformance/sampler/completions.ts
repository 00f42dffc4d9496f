import type { Completion } from '../../contracts/sampler.js';
import { zip } from '../../arrays.js';
import { requireClose, requireThat, type ConformanceCheck } from '../check.js';
import { withEngine, type EngineFixture, type EngineUnderTest } from '../engine/harness.js';
import { scoreRow } from '../engine/scores.js';
import { mixedLengths, plainSettings, requestsFor, sampleInSync, sequenceOf } from './requests.js';

/** What the sampler reports of each completion. */
export function completionChecks(test: EngineUnderTest): ConformanceCheck[] {
  return [
    withEngine(
      test,
      'completions come in order of request and sample, with a log-probability per token and their text',
      {},
      checkCompletions,
    ),
    withEngine(test, 'log-probabilities are those of the model: uncut, at the sampling temperature', {}, checkLogprobs),
    withEngine(test, 'callbacks report every token and every completion once', {}, checkCallbacks),
    withEngine(test, 'no request and no sample give no completion', {}, async ({ engine }) => {
      requireThat((await sampleInSync(engine, [])).length === 0, 'completions without a request');
      const noSamples = await sampleInSync(engine, requestsFor([3], {}, 0));
      requireThat(noSamples.length === 0, 'completions without a sample');
    }),
  ];
}

const indexOf = (c: Completion): string => `${c.request}.${c.sample}`;

async function checkCompletions(fixture: EngineFixture): Promise<void> {
  const requests = requestsFor(mixedLengths);
  const completions = await sampleInSync(fixture.engine, requests);
  const expectedOrder = requests.flatMap(({ count }, r) => Array.from({ length: count }, (_, s) => `${r}.${s}`));
  requireThat(completions.map(indexOf).join() === expectedOrder.join(), 'completions are missing or out of order');
  for (const completion of completions) requireConsistent(fixture, completion);
}

function requireConsistent({ policy, sampler, base, vocabSize }: EngineFixture, completion: Completion): void {
  const { tokens, logprobs, text, weightVersion } = completion;
  requireThat(
    tokens.length === plainSettings.maxResponseTokens && logprobs.length === tokens.length,
    `${tokens.length} tokens and ${logprobs.length} log-probabilities`,
  );
  requireThat(
    tokens.every((id) => id >= 0 && id < vocabSize),
    'a token id outside the vocabulary',
    [...tokens],
  );
  requireThat(text === base.tokenizer.decode(tokens), 'the text is not that of the tokens', text);
  requireThat(
    weightVersion === policy.version && sampler.version === policy.version,
    `made by weight version ${weightVersion}, the policy is at ${policy.version}`,
  );
}

async function checkLogprobs({ engine, policy }: EngineFixture): Promise<void> {
  for (const settings of [{}, { temperature: 0.6 }, { topK: 4 }, { topP: 0.5, temperature: 1.5 }]) {
    const requests = requestsFor(mixedLengths, settings, 2);
    const completions = await sampleInSync(engine, requests);
    const sequences = completions.map((c) => sequenceOf(requests, c));
    const scores = await policy.forward(sequences, { temperature: settings.temperature ?? 1 });
    for (const [completion, score, i] of zip(completions, scores)) {
      const what = `log-probabilities of completion ${i} with ${JSON.stringify(settings)}`;
      // 1e-4: the sampler reads a cache, one token at a time, where the model sees the whole sequence.
      requireClose(what, completion.logprobs, scoreRow(score, 'logprobs'), 1e-4);
    }
  }
}

async function checkCallbacks({ policy, sampler }: EngineFixture): Promise<void> {
  const reportedTokens = new Map<string, number[]>();
  const reported: Completion[] = [];
  await sampler.sync(policy);
  const completions = await sampler.sample(requestsFor(mixedLengths), {
    onToken: (request, sample, token) => {
      const key = `${request}.${sample}`;
      reportedTokens.set(key, [...(reportedTokens.get(key) ?? []), token]);
    },
    onDone: (completion) => reported.push(completion),
  });
  for (const c of completions) requireClose('reported tokens', reportedTokens.get(indexOf(c)) ?? [], c.tokens, 0);
  const distinct = new Set(reported);
  requireThat(
    reported.length === completions.length &&
      distinct.size === reported.length &&
      completions.every((c) => distinct.has(c)),
    'completions were reported twice or not at all',
  );
}

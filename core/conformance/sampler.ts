import type { Engine } from '../contracts/engine.js';
import type { Completion, SampleRequest, SamplingSettings } from '../contracts/sampler.js';
import { requireClose, requireThat, type ConformanceCheck } from './check.js';
import { exactDistribution, requireFrequencies } from './engine/distribution.js';
import { momentum, ratioLoss, requireCode, withEngine, type EngineUnderTest } from './engine/harness.js';
import { nextTokenScores } from './engine/scores.js';
import { exampleSequences, exampleTraining } from './example-model.js';

const plain: SamplingSettings = { temperature: 1, topP: 1, topK: 0, maxResponseTokens: 12, stop: [], stopTokens: [] };

/** Requests for prompts of these lengths with settings of their own. */
function requestsFor(lengths: readonly number[], settings: Partial<SamplingSettings> = {}, count = 3): SampleRequest[] {
  return exampleSequences(lengths.map((n) => [n, 0])).map(({ tokens }, r) => ({
    promptTokens: tokens,
    count,
    key: [7, r],
    settings: { ...plain, ...settings },
  }));
}

const mixedLengths = [1, 2, 9, 5, 17, 1, 30, 3];

const sampled = async (engine: Engine, requests: readonly SampleRequest[]): Promise<Completion[]> => {
  await engine.sampler.sync(engine.policy);
  return engine.sampler.sample(requests);
};

/** Prompt and response of a completion as one sequence. */
const sequenceOf = (
  requests: readonly SampleRequest[],
  c: Completion,
): { tokens: Int32Array; promptLength: number } => ({
  tokens: Int32Array.of(...requests[c.request]!.promptTokens, ...c.tokens),
  promptLength: requests[c.request]!.promptTokens.length,
});

/** Requires the same tokens, text and reason; log-probabilities may differ by rounding. */
function requireSameCompletion(what: string, actual: Completion, expected: Completion, tolerance: number): void {
  requireClose(`${what}: tokens`, actual.tokens, expected.tokens, 0);
  requireClose(`${what}: log-probabilities`, actual.logprobs, expected.logprobs, tolerance);
  requireThat(
    actual.text === expected.text && actual.stopReason === expected.stopReason,
    `${what}: another text or stop reason`,
    [actual.text, expected.text],
  );
}

/** Properties of a {@link Sampler}, seen through the engine that owns it. */
export const samplerConformance = (test: EngineUnderTest): ConformanceCheck[] => [
  ...completionChecks(test),
  ...randomnessChecks(test),
  ...endingChecks(test),
  ...refusalChecks(test),
];

function completionChecks(test: EngineUnderTest): ConformanceCheck[] {
  return [
    withEngine(
      test,
      'completions come in order of request and sample, with a log-probability per token and their text',
      {},
      async (engine, { config, tokenizer }) => {
        const requests = requestsFor(mixedLengths);
        const completions = await sampled(engine, requests);
        requireThat(
          completions.map((c) => `${c.request}.${c.sample}`).join() ===
            requests.flatMap((_, r) => [0, 1, 2].map((s) => `${r}.${s}`)).join(),
          'completions are missing or out of order',
        );
        for (const c of completions) {
          requireThat(
            c.tokens.length === plain.maxResponseTokens && c.logprobs.length === c.tokens.length,
            `${c.tokens.length} tokens and ${c.logprobs.length} log-probabilities`,
          );
          requireThat(
            c.tokens.every((id) => id >= 0 && id < config.vocabSize),
            'a token id outside the vocabulary',
            [...c.tokens],
          );
          requireThat(c.text === tokenizer.decode(c.tokens), 'the text is not that of the tokens', c.text);
          requireThat(
            c.weightVersion === engine.policy.version && engine.sampler.version === engine.policy.version,
            `made by weight version ${c.weightVersion}, the policy is at ${engine.policy.version}`,
          );
        }
      },
    ),
    withEngine(
      test,
      'log-probabilities are those of the model: uncut, at the sampling temperature',
      {},
      async (engine) => {
        for (const settings of [{}, { temperature: 0.6 }, { topK: 4 }, { topP: 0.5, temperature: 1.5 }]) {
          const requests = requestsFor(mixedLengths, settings, 2);
          const completions = await sampled(engine, requests);
          const scores = await engine.policy.forward(
            completions.map((c) => sequenceOf(requests, c)),
            { temperature: settings.temperature ?? 1 },
          );
          // 1e-4: the sampler reads a cache, one token at a time, where the model sees the whole sequence.
          completions.forEach((c, i) =>
            requireClose(
              `log-probabilities of completion ${i} with ${JSON.stringify(settings)}`,
              c.logprobs,
              scores[i]!.logprobs!,
              1e-4,
            ),
          );
        }
      },
    ),
    withEngine(test, 'callbacks tell of every token and every completion once', {}, async (engine) => {
      const requests = requestsFor(mixedLengths),
        tokens = new Map<string, number[]>(),
        done: Completion[] = [];
      await engine.sampler.sync(engine.policy);
      const completions = await engine.sampler.sample(requests, {
        onToken: (request, sample, token) => {
          const key = `${request}.${sample}`;
          tokens.set(key, [...(tokens.get(key) ?? []), token]);
        },
        onDone: (completion) => done.push(completion),
      });
      for (const c of completions)
        requireClose('tokens told', tokens.get(`${c.request}.${c.sample}`) ?? [], c.tokens, 0);
      requireThat(
        done.length === completions.length &&
          new Set(done).size === done.length &&
          completions.every((c) => done.includes(c)),
        'completions were told of twice or not at all',
      );
    }),
    withEngine(test, 'no request and no sample give no completion', {}, async (engine) => {
      requireThat((await sampled(engine, [])).length === 0, 'completions without a request');
      requireThat((await sampled(engine, requestsFor([3], {}, 0))).length === 0, 'completions without a sample');
    }),
  ];
}

function randomnessChecks(test: EngineUnderTest): ConformanceCheck[] {
  const draws = 1000;
  return [
    withEngine(
      test,
      'tokens are drawn as often as their probability says, under any setting',
      {},
      async (engine, { config }) => {
        const [{ promptTokens }] = requestsFor([4]) as [SampleRequest];
        const { logprobs } = await nextTokenScores(engine.policy, promptTokens, config.vocabSize);
        for (const [n, change] of [
          {},
          { temperature: 0.5 },
          { temperature: 2, topK: 5 },
          { topP: 0.8 },
          { topP: 0.9, topK: 3 },
        ].entries()) {
          const settings = { ...plain, ...change, maxResponseTokens: 1 };
          const completions = await sampled(engine, [{ promptTokens, count: draws, settings, key: [n] }]);
          const counts = new Array<number>(config.vocabSize).fill(0);
          for (const c of completions) counts[c.tokens[0]!]!++;
          requireFrequencies(JSON.stringify(change), counts, exactDistribution(logprobs, settings));
        }
      },
    ),
    withEngine(
      test,
      'pairs of tokens are drawn as often as their probability says',
      {},
      async (engine, { config: { vocabSize } }) => {
        const [{ promptTokens }] = requestsFor([3]) as [SampleRequest];
        const settings = { ...plain, temperature: 0.7, topK: 6, maxResponseTokens: 2 };
        const first = exactDistribution(
          (await nextTokenScores(engine.policy, promptTokens, vocabSize)).logprobs,
          settings,
        );
        const pairs: number[] = [];
        for (let id = 0; id < vocabSize; id++) {
          const { logprobs } = await nextTokenScores(engine.policy, Int32Array.of(...promptTokens, id), vocabSize);
          pairs.push(...exactDistribution(logprobs, settings).map((p) => first[id]! * p));
        }
        const counts = new Array<number>(pairs.length).fill(0);
        for (const { tokens } of await sampled(engine, [{ promptTokens, count: draws, settings, key: [99] }]))
          counts[tokens[0]! * vocabSize + tokens[1]!]!++;
        requireFrequencies('pairs', counts, pairs);
      },
    ),
    withEngine(
      test,
      'a sample depends on its key and prompt only: not on order, number or company',
      {},
      async (engine) => {
        const requests = requestsFor(mixedLengths);
        const expected = await sampled(engine, requests);
        const again = await sampled(engine, requests);
        again.forEach((c, i) => requireSameCompletion('asked again', c, expected[i]!, 0));
        const reversed = await sampled(engine, [...requests].reverse());
        for (const c of reversed)
          requireSameCompletion(
            'requests reversed',
            c,
            expected.find((e) => e.request === requests.length - 1 - c.request && e.sample === c.sample)!,
            test.tolerance,
          );
        for (const [r, request] of requests.entries()) {
          const company = {
            ...request,
            key: [8, r],
            settings: { ...plain, temperature: 2, topK: 3, maxResponseTokens: 31 },
          };
          const mixed = await sampled(engine, [company, { ...request, count: 2 }]);
          mixed
            .filter((c) => c.request === 1)
            .forEach((c, s) =>
              requireSameCompletion(`request ${r} in other company`, c, expected[3 * r + s]!, test.tolerance),
            );
        }
      },
    ),
    withEngine(test, 'other keys and other samples of a request are drawn apart', {}, async (engine) => {
      const [request] = requestsFor([5]) as [SampleRequest];
      const texts = (
        await sampled(engine, [
          { ...request, count: 4 },
          { ...request, count: 4, key: [7, 1] },
          { ...request, count: 4, key: [8, 0] },
        ])
      ).map((c) => c.tokens.join());
      requireThat(new Set(texts).size === texts.length, 'two samples are equal', texts);
    }),
    withEngine(
      test,
      'temperature 0, top-k 1 and a tiny top-p take the most probable token',
      {},
      async (engine, { config }) => {
        const greedy = await sampled(engine, requestsFor([4, 9], { temperature: 0, maxResponseTokens: 6 }, 2));
        for (const [i, settings] of [{ topK: 1 }, { topP: 1e-6 }].entries()) {
          (await sampled(engine, requestsFor([4, 9], { ...settings, maxResponseTokens: 6 }, 2))).forEach((c, j) =>
            requireClose(`tokens by way ${i}`, c.tokens, greedy[j]!.tokens, 0),
          );
        }
        const requests = requestsFor([4, 9]);
        for (const c of greedy.filter(({ sample }) => sample === 0)) {
          for (let t = 0; t < c.tokens.length; t++) {
            const prefix = Int32Array.of(...requests[c.request]!.promptTokens, ...c.tokens.subarray(0, t));
            const { logprobs } = await nextTokenScores(engine.policy, prefix, config.vocabSize);
            requireThat(
              logprobs[c.tokens[t]!]! >= Math.max(...logprobs) - test.tolerance,
              `token ${t} of request ${c.request} is not the most probable one`,
            );
            requireClose('its log-probability at temperature 1', [c.logprobs[t]!], [logprobs[c.tokens[t]!]!], 1e-4);
          }
        }
      },
    ),
  ];
}

function endingChecks(test: EngineUnderTest): ConformanceCheck[] {
  return [
    withEngine(
      test,
      'any of several end ids ends a response and is kept as its last token',
      {},
      async (engine, { config }) => {
        const free = await sampled(engine, requestsFor(mixedLengths));
        const stopTokens = [2, config.vocabSize - 1, 11];
        const ended = await sampled(engine, requestsFor(mixedLengths, { stopTokens }));
        const reasons = new Set<string>();
        ended.forEach((c, i) => {
          const all = free[i]!.tokens,
            end = all.findIndex((id) => stopTokens.includes(id));
          requireClose(`tokens of completion ${i}`, c.tokens, end < 0 ? all : all.subarray(0, end + 1), 0);
          requireThat(c.stopReason === (end < 0 ? 'length' : 'stop'), `completion ${i} ended by "${c.stopReason}"`);
          reasons.add(c.stopReason);
        });
        requireThat(reasons.size === 2, 'not both ways to end occurred');
      },
    ),
    withEngine(
      test,
      'stop strings end a response, also across token borders: kept in the text, which is cut after them; tokens stay as sampled',
      {},
      async (engine, { tokenizer }) => {
        const free = await sampled(engine, requestsFor(mixedLengths));
        let crossing = 0;
        for (const [i, { request, sample, tokens, text }] of free.entries()) {
          const from = i % Math.max(1, text.length - 3),
            stop = [text.slice(from, from + 1 + (i % 4)), 'never written'];
          const expected = untilStop(tokens, stop[0]!, (ids) => tokenizer.decode(ids));
          crossing += expected.crosses ? 1 : 0;
          const ended = (
            await sampled(engine, [{ ...requestsFor(mixedLengths, { stop })[request]!, count: sample + 1 }])
          ).at(-1)!;
          requireClose(`tokens up to ${JSON.stringify(stop[0])}`, ended.tokens, tokens.subarray(0, expected.count), 0);
          requireThat(
            ended.text === expected.text && ended.stopReason === 'stop',
            `the text ends ${JSON.stringify(ended.text.slice(-8))} by "${ended.stopReason}"`,
            expected.text,
          );
        }
        requireThat(crossing > 0, 'no stop string crossed a token border');
      },
    ),
    withEngine(
      test,
      'the longest response has exactly the tokens allowed, also when that is one',
      {},
      async (engine) => {
        for (const maxResponseTokens of [1, 5, 40]) {
          for (const c of await sampled(engine, requestsFor([1, 6], { maxResponseTokens }, 2))) {
            requireThat(
              c.tokens.length === maxResponseTokens && c.stopReason === 'length',
              `${c.tokens.length} tokens of ${maxResponseTokens}, ended by "${c.stopReason}"`,
            );
          }
        }
      },
    ),
  ];
}

/** The slow and clear way to find a stop string: decode every prefix from the start. */
function untilStop(
  tokens: Int32Array,
  stop: string,
  decode: (ids: Int32Array) => string,
): { count: number; text: string; crosses: boolean } {
  for (let count = 1; count <= tokens.length; count++) {
    const text = decode(tokens.subarray(0, count)),
      at = text.indexOf(stop);
    if (at >= 0)
      return {
        count,
        text: text.slice(0, at + stop.length),
        crosses: at < decode(tokens.subarray(0, count - 1)).length,
      };
  }
  return { count: tokens.length, text: decode(tokens), crosses: false };
}

function refusalChecks(test: EngineUnderTest): ConformanceCheck[] {
  return [
    withEngine(
      test,
      'sampling before the first sync, or after a step or an import without one, is refused',
      { optimizer: momentum },
      async (engine, base) => {
        const { policy, sampler } = engine,
          requests = requestsFor([3], {}, 1);
        const stale = (what: string): Promise<void> =>
          requireCode(what, 'ORZ_STALE_WEIGHTS', () => sampler.sample(requests));
        await stale('no sync yet');
        const [before] = (await sampled(engine, requests)) as [Completion];
        await policy.accumulate(exampleTraining(exampleSequences([[2, 6]])), ratioLoss);
        await policy.step({ learningRate: 0.5, maxGradNorm: 1 });
        await stale('a step since the sync');
        requireThat((await sampler.sync(policy)) === policy.version, 'sync reports another version');
        const [after] = (await sampler.sample(requests)) as [Completion];
        requireThat(
          after.weightVersion > before.weightVersion && after.logprobs.some((x, t) => x !== before.logprobs[t]),
          'the sampler still draws from the old weights',
        );
        await policy.importWeights(base.weights());
        await stale('an import since the sync');
      },
    ),
    withEngine(
      test,
      'prompts that are empty, too long for the model or not of its vocabulary are refused',
      {},
      async (engine, { config }) => {
        const [request] = requestsFor([3]) as [SampleRequest];
        const refused = (
          what: string,
          code: Parameters<typeof requireCode>[1],
          change: Partial<SampleRequest>,
        ): Promise<void> => requireCode(what, code, () => sampled(engine, [request, { ...request, ...change }]));
        await refused('an empty prompt', 'ORZ_INTERNAL', { promptTokens: new Int32Array(0) });
        await refused('an id beyond the vocabulary', 'ORZ_TOKENIZER', {
          promptTokens: Int32Array.of(1, config.vocabSize),
        });
        await refused('prompt and response longer than the positions', 'ORZ_PROMPT_TOO_LONG', {
          promptTokens: new Int32Array(config.maxPositions - 4),
        });
      },
    ),
    withEngine(test, 'an aborted signal ends sampling', {}, async (engine) => {
      await engine.sampler.sync(engine.policy);
      const controller = new AbortController();
      let tokens = 0;
      const run = engine.sampler.sample(requestsFor(mixedLengths, { maxResponseTokens: 100 }), {
        signal: controller.signal,
        onToken: () => {
          if (++tokens === 50) controller.abort();
        },
      });
      requireThat(
        await run.then(
          () => false,
          () => true,
        ),
        'sampling went on to the end',
      );
      requireThat(
        (await sampled(engine, requestsFor([2], {}, 1))).length === 1,
        'the sampler cannot be used afterwards',
      );
    }),
  ];
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  exampleBase,
  exampleDecoder,
  exampleSequences,
  untiedDecoder,
} from '../../../../core/conformance/example-model.js';
import { exactDistribution, requireFrequencies } from '../../../../core/conformance/engine/distribution.js';
import { nextTokenScores } from '../../../../core/conformance/engine/scores.js';
import type { Backend } from '../../../../core/contracts/backend.js';
import type { BaseModel } from '../../../../core/contracts/model-source.js';
import type { Completion, SampleRequest, SamplingSettings } from '../../../../core/contracts/sampler.js';
import type { LocalModel } from '../../../../core/compute/engine/local-model.js';
import { createRandom } from '../../../../core/random.js';
import { createTokenizer } from '../../../../core/tokenizer/tokenizer.js';
import { maxDifference } from '../../../fixtures/algorithm-oracle.js';
import { byteLevelDefinition } from '../../tokenizer/definitions.js';
import { createEngine, startOnnx, startReference, type Settings } from './support.js';

const plain: SamplingSettings = { temperature: 1, topP: 1, topK: 0, maxResponseTokens: 20, stop: [], stopTokens: [] };

/** Prompts of these lengths; each request has settings and a number of samples of its own. */
function requestsFor(
  promptLengths: readonly number[],
  change: (r: number) => Partial<SamplingSettings> & { count?: number } = () => ({}),
): SampleRequest[] {
  return exampleSequences(promptLengths.map((n) => [n, 0])).map(({ tokens }, r) => {
    const { count = 3, ...settings } = change(r);
    return { promptTokens: tokens, count, key: [4, r], settings: { ...plain, ...settings } };
  });
}

/** Ends at different times, so that lanes are refilled all the while; prompts of one token among them. */
const unevenRequests = (): SampleRequest[] =>
  requestsFor([1, 5, 30, 2, 1, 17, 44, 3, 9, 1], (r) => ({
    maxResponseTokens: 3 + 7 * (r % 4),
    count: 1 + (r % 5),
    temperature: 0.5 + 0.25 * (r % 4),
    topK: (r % 3) * 4,
    stopTokens: [r],
  }));

async function sampleWith(
  backend: Backend,
  settings: Settings,
  requests: readonly SampleRequest[],
  base: BaseModel = exampleBase(),
): Promise<Completion[]> {
  const engine = await createEngine(backend, settings, { base });
  try {
    await engine.sampler.sync(engine.policy);
    return await engine.sampler.sample(requests);
  } finally {
    await engine.dispose();
  }
}

/** Labels of the programs that a backend executes from now on. */
function watch(backend: Backend): string[] {
  const labels: string[] = [],
    submit = backend.submit.bind(backend);
  backend.submit = (program, inputs) => {
    labels.push(program.label);
    return submit(program, inputs);
  };
  return labels;
}

describe.each([
  ['the reference backend', startReference, [2, 3, 16]],
  ['ONNX on the CPU', startOnnx, [2, 3, 16, 256]],
] as const)('the sampler on %s', (_, start, laneCounts) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await start();
  });
  afterAll(() => backend.dispose());

  it('gives every sample the same bits for any number of lanes, size of micro-batches and length of rows', async () => {
    const requests = unevenRequests();
    const expected = await sampleWith(backend, { maxSlots: 8 }, requests);
    for (const maxSlots of laneCounts) {
      for (const limits of [
        { microBatchTokens: 16, rowTokens: 16 },
        { microBatchTokens: 4096, rowTokens: 64 },
      ]) {
        expect(await sampleWith(backend, { ...limits, maxSlots }, requests)).toEqual(expected);
      }
    }
  });

  it('gives every sample the same bits in any order of requests and in any company', async () => {
    const requests = unevenRequests().slice(1, 5);
    const expected = await sampleWith(backend, {}, requests);
    const of = (completions: readonly Completion[], from: (request: number) => number): Completion[] =>
      completions
        .map((c) => ({ ...c, request: from(c.request) }))
        .sort((a, b) => a.request - b.request || a.sample - b.sample);
    expect(of(await sampleWith(backend, {}, [...requests].reverse()), (r) => requests.length - 1 - r)).toEqual(
      expected,
    );
    for (const [r, request] of requests.entries()) {
      const company = requestsFor([6, 2, 24], () => ({ maxResponseTokens: 12, count: 1 })).map((c, i) => ({
        ...c,
        key: [99 + r, i],
      }));
      const mixed = await sampleWith(backend, { maxSlots: 16 }, [company[0]!, company[1]!, request, company[2]!]);
      expect(
        of(
          mixed.filter((c) => c.request === 2),
          () => r,
        ),
      ).toEqual(expected.filter((c) => c.request === r));
    }
  });

  it('refuses a random key of more integers than the generator has room for', async () => {
    const [request] = requestsFor([3]) as [SampleRequest];
    await expect(sampleWith(backend, {}, [{ ...request, key: [1, 2, 3] }])).rejects.toMatchObject({
      code: 'ORZ_INTERNAL',
      message: expect.stringContaining('random key'),
    });
  });

  it('never decodes more sequences together than maxSlots', async () => {
    const own = await start(),
      labels = watch(own);
    await sampleWith(
      own,
      { maxSlots: 3 },
      requestsFor([4, 5], () => ({ count: 6, maxResponseTokens: 4 })),
    );
    expect(
      new Set(labels.filter((l) => l.startsWith('decode')).map((l) => Number(/decode (\d+)x/.exec(l)![1]))),
    ).toEqual(new Set([3]));
    await own.dispose();
  });

  it('prefills a prompt once for all its samples, though they do not fit the lanes together', async () => {
    const own = await start(),
      labels = watch(own);
    await sampleWith(
      own,
      { maxSlots: 2, microBatchTokens: 64 },
      requestsFor([20, 30], () => ({ count: 7, maxResponseTokens: 3 })),
    );
    expect(labels.filter((l) => l.startsWith('prefill'))).toHaveLength(1);
    await own.dispose();
  });

  it('leaves no buffer behind, also after an abort and after weights that are not numbers', async () => {
    const engine = await createEngine(backend, {}, {});
    await engine.sampler.sync(engine.policy);
    const before = backend.memory();
    const controller = new AbortController();
    const aborted = engine.sampler.sample(unevenRequests(), {
      signal: controller.signal,
      onDone: () => controller.abort(new Error('enough')),
    });
    await expect(aborted).rejects.toThrow('enough');
    expect(backend.memory()).toEqual(before);
    const norm = (engine.policy as LocalModel).parameters.value('model.norm.weight');
    backend.write(norm, Float32Array.of(Number.NaN), 2);
    await expect(engine.sampler.sample(unevenRequests())).rejects.toMatchObject({
      code: 'ORZ_NOT_FINITE',
      message: expect.stringContaining('log-probability is NaN at response token 0 of request 0, sample 0'),
    });
    expect(backend.memory()).toEqual(before);
    await engine.dispose();
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 });
  });
});

describe('the cache of keys and values', () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await startOnnx();
  });
  afterAll(() => backend.dispose());

  /** Long responses beside short ones: the cache must grow while lanes empty. */
  const requests = (): SampleRequest[] =>
    requestsFor([1, 12, 3, 7, 2, 5, 9, 11, 4, 6], (r) => ({ count: 4, maxResponseTokens: r < 2 ? 140 : 5 + 8 * r }));

  it.each([
    ['tied', exampleDecoder],
    ['untied', untiedDecoder],
  ] as const)(
    'grows beyond its first size and shrinks to the lanes in use, without a trace in the result: %s head',
    async (_, config) => {
      const own = await startOnnx(),
        labels = watch(own);
      const base = exampleBase(config);
      const completions = await sampleWith(own, { maxSlots: 64 }, requests(), base);
      const relayouts = labels
        .filter((l) => l.startsWith('relayout'))
        .map(
          (l) =>
            JSON.parse(l.slice('relayout '.length)) as [
              { lanes: number; capacity: number },
              { lanes: number; capacity: number },
            ],
        );
      expect(
        relayouts.some(([from, to]) => to.capacity > from.capacity),
        'grew',
      ).toBe(true);
      expect(
        relayouts.some(([from, to]) => to.lanes < from.lanes),
        'shrank',
      ).toBe(true);
      await own.dispose();
      // With two lanes, samples run one after the other in caches that grow and never shrink.
      expect(await sampleWith(backend, { maxSlots: 2 }, requests(), base)).toEqual(completions);
    },
  );

  it('gives the log-probabilities of the model to the last token of a long response', async () => {
    const engine = await createEngine(backend, { maxSlots: 64 });
    await engine.sampler.sync(engine.policy);
    const completions = await engine.sampler.sample(requests());
    const scores = await engine.policy.forward(
      completions.map((c) => ({
        tokens: Int32Array.of(...requests()[c.request]!.promptTokens, ...c.tokens),
        promptLength: requests()[c.request]!.promptTokens.length,
      })),
    );
    expect(Math.max(...completions.map((c) => c.tokens.length))).toBe(140);
    // Single precision over up to 140 cached tokens; issue: 1e-4 at most.
    completions.forEach((c, i) => expect(maxDifference(c.logprobs, scores[i]!.logprobs!)).toBeLessThan(1e-4));
    await engine.dispose();
  });

  it('serves prompts of one token alone, and prompts that fill the positions of the model', async () => {
    const [one] = await sampleWith(
      backend,
      {},
      requestsFor([1], () => ({ count: 1 })),
    );
    expect(one!.tokens).toHaveLength(20);
    const [long] = await sampleWith(
      backend,
      {},
      requestsFor([exampleDecoder.maxPositions - 5], () => ({ count: 1, maxResponseTokens: 5 })),
    );
    expect(long!.tokens).toHaveLength(5);
  });
});

describe('what is drawn', () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await startOnnx();
  });
  afterAll(() => backend.dispose());

  it('follows the exact distribution in a full batch of several prompts, each with settings of its own', async () => {
    const settings = [
      {},
      { temperature: 0.4 },
      { topP: 0.6 },
      { topK: 3, temperature: 1.7 },
      { topP: 0.95, topK: 8, temperature: 0.8 },
    ];
    const requests = requestsFor([3, 1, 8, 5, 12], (r) => ({ ...settings[r], count: 1500, maxResponseTokens: 1 }));
    const engine = await createEngine(backend, { maxSlots: 256 });
    await engine.sampler.sync(engine.policy);
    const completions = await engine.sampler.sample(requests);
    for (const [r, request] of requests.entries()) {
      const { logprobs } = await nextTokenScores(engine.policy, request.promptTokens, exampleDecoder.vocabSize);
      const counts = new Array<number>(exampleDecoder.vocabSize).fill(0);
      for (const c of completions) if (c.request === r) counts[c.tokens[0]!]!++;
      requireFrequencies(`request ${r}`, counts, exactDistribution(logprobs, request.settings));
    }
    await engine.dispose();
  });

  it('depends on the seed of the run', async () => {
    const requests = requestsFor([5]);
    const draw = async (seed: number): Promise<string[]> => {
      const engine = await createEngine(backend, {}, { random: createRandom(seed) });
      await engine.sampler.sync(engine.policy);
      const texts = (await engine.sampler.sample(requests)).map((c) => c.tokens.join());
      await engine.dispose();
      return texts;
    };
    const [a, again, b] = [await draw(1), await draw(1), await draw(2)];
    expect(again).toEqual(a);
    expect(b.some((text) => a.includes(text))).toBe(false);
  });
});

describe('texts of bytes', () => {
  it('show a character once complete, U+FFFD for one that never was, and stop strings of several bytes', async () => {
    const definition = byteLevelDefinition();
    const tokenizer = createTokenizer(definition, { endTokens: ['<|end|>'] });
    const config = { ...exampleDecoder, vocabSize: 262 };
    const base: BaseModel = { ...exampleBase(config), tokenizer };
    const backend = await startOnnx();
    const free = await sampleWith(
      backend,
      {},
      requestsFor([3, 9, 1], () => ({ count: 8, maxResponseTokens: 24 })),
      base,
    );
    for (const c of free) expect(c.text).toBe(tokenizer.decode(c.tokens));
    expect(free.some((c) => c.text.endsWith('\uFFFD'))).toBe(true);
    const stop = [
      ...new Set(free.flatMap((c) => [...c.text]).filter((char) => char > '\u007f' && char !== '\uFFFD')),
    ].slice(0, 2);
    expect(stop.length).toBeGreaterThan(0);
    const ended = await sampleWith(
      backend,
      {},
      requestsFor([3, 9, 1], () => ({ count: 8, maxResponseTokens: 24, stop })),
      base,
    );
    ended.forEach((c, i) => {
      const at = Math.min(...stop.map((s) => free[i]!.text.indexOf(s)).filter((x) => x >= 0));
      expect(c.stopReason).toBe(at === Infinity ? 'length' : 'stop');
      expect(c.text).toBe(at === Infinity ? free[i]!.text : free[i]!.text.slice(0, at + 1));
    });
    expect(ended.some((c) => c.stopReason === 'stop')).toBe(true);
    await backend.dispose();
  });
});

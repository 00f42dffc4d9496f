import { tensorsOf } from '../../../../core/model-files/model-tensors.js';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { loadModelFolder } from '../../../../core/model-files/model-folder.js';
import { storageFolder } from '../../../../core/model-files/storage-folder.js';
import type { Model } from '../../../../core/contracts/model.js';
import type { OrzError } from '../../../../core/errors.js';
import { definePlugin, provide, type Plugin } from '../../../../core/plugin/define.js';
import { equal, exp, mul, neg, sum, where } from '../../../../core/compute/tensor/ops.js';
import { decodeFailure, encodeFailure, type FailureRecord } from '../../../../core/train/diagnostics/failure-file.js';
import { memoryStorage, parityReward, run } from '../support.js';

interface Failed {
  readonly error: OrzError;
  readonly record: FailureRecord;
  readonly files: Map<string, Uint8Array>;
  readonly unchanged: boolean;
}

/** A run that must fail: its error, what it wrote, and whether its weights are still those it began with. */
async function failedRun(options: Parameters<typeof run>[0], name = 'iteration-1'): Promise<Failed> {
  let files = new Map<string, Uint8Array>(),
    unchanged = false;
  const error = await run(options, (w) => {
    files = w.files;
    unchanged = [...w.weights.start!].every(([key, data]) => w.weights.end!.get(key)!.every((x, i) => x === data[i]));
  }).then(
    () => {
      throw new Error('the run did not fail');
    },
    (e: unknown) => e as OrzError,
  );
  const file = files.get(`failures/${name}.json`);
  expect(file, error.message).toBeDefined();
  return { error, files, unchanged, record: decodeFailure(Buffer.from(file!).toString('utf8'), name) };
}

/** Multiplies a weight of the policy before the nth pass over a batch. */
const poison = (value: number, role: Model['role'] = 'policy', iteration = 1) => {
  let passes = 0;
  return {
    before: async (model: Model) => {
      if (model.role !== role || ++passes !== iteration) return;
      const weights: { name: string; shape: readonly number[]; data: Float32Array }[] = [];
      for await (const { name, shape, data } of tensorsOf(model).exportWeights())
        weights.push({ name, shape, data: data.slice() });
      weights.find(({ name }) => name === 'model.norm.weight')!.data.fill(value);
      const { version } = model;
      await tensorsOf(model).importWeights(weights);
      Object.assign((model as unknown as { parameters: { version: number } }).parameters, { version });
    },
  };
};

type CreateLoss = Parameters<typeof provide<'policyLoss', string, z.ZodObject>>[2]['create'];

const lossPlugin = (name: string, build: CreateLoss): Plugin =>
  definePlugin({
    name,
    provides: [provide('policyLoss', name, { description: 'for a test', settings: z.strictObject({}), create: build })],
  });

describe('a number that is not finite', () => {
  it('in a reward: the group is written down, with problem and sample', async () => {
    let graded = 0;
    const grade = (group: Parameters<typeof parityReward>[0]) =>
      parityReward(group).map((result, i) => (++graded > 8 && i === 2 ? { ...result, value: Infinity } : result));
    const { error, record, unchanged } = await failedRun({ grade });
    expect(error).toMatchObject({
      code: 'ORZ_NOT_FINITE',
      message: expect.stringMatching(/sample 2 is Infinity; this is rollout \d+, of problem "arithmetic\/train/),
      details: { remedy: expect.stringContaining('orz-train replay memory/failures/iteration-1.json') },
    });
    expect(record).toMatchObject({
      iteration: 1,
      step: { stage: 'grade', group: [{}, {}, {}, {}] },
      sample: { rollout: expect.any(Number), response: expect.any(String) },
      weights: null,
    });
    expect(unchanged).toBe(true);
  });

  it('in poisoned weights: names response, token and tensor, and saves the weights of that moment', async () => {
    const { error, record, files } = await failedRun(
      { config: { iterations: 3 }, interference: poison(3.4e38, 'policy', 2) },
      'iteration-2',
    );
    expect(error).toMatchObject({
      code: 'ORZ_NOT_FINITE',
      message: expect.stringMatching(/at response token \d+.*; this is rollout \d+, of problem/),
    });
    expect(record).toMatchObject({
      iteration: 2,
      weights: 'failures/iteration-2/policy',
      error: {
        place: {
          sample: expect.any(Number),
          token: expect.any(Number),
          tensor: expect.stringMatching(/logprobs|log-probability/),
        },
      },
    });
    expect(record.step).toMatchObject({
      stage: 'score',
      role: 'policy',
      sequences: [{ tokens: expect.any(Int32Array) }],
    });
    const saved = await loadModelFolder(storageFolder(memoryStorage(files), record.weights!));
    const norms: number[] = [];
    for await (const { name, data } of saved.weights()) if (name === 'model.norm.weight') norms.push(data[0]!);
    expect(norms).toContain(Math.fround(3.4e38));
  });

  it('in the loss of a critic whose weights are poisoned', async () => {
    const { error, record } = await failedRun({ interference: poison(3.4e38, 'critic') });
    expect(error.message).toMatch(/^(The loss "value" of the critic|"values" of the critic|value of rollout)/);
    expect(record).toMatchObject({ step: { role: 'critic' }, weights: 'failures/iteration-1/critic' });
  });

  it('in an advantage: the whole batch is written down', async () => {
    const broken = definePlugin({
      name: 'broken',
      provides: [
        provide('advantage', 'broken', {
          description: 'for a test',
          settings: z.strictObject({}),
          create: () => ({
            name: 'broken',
            needsCritic: false,
            estimate: ({ tokenRewards }) => ({
              advantages: tokenRewards.map((row, b) => row.map((_, t) => (b === 5 && t === 1 ? NaN : 1))),
              returns: tokenRewards.map((row) => row.slice()),
            }),
          }),
        }),
      ],
    });
    const { error, record, unchanged } = await failedRun({
      plugins: [broken],
      config: { advantage: 'broken', criticUpdateSteps: 0 },
    });
    expect(error.message).toMatch(/^advantage of rollout 5 is NaN at response token 1; this is rollout 5, of problem/);
    expect(record).toMatchObject({
      step: { stage: 'estimate', batch: { rewards: expect.any(Float32Array), groups: expect.any(Int32Array) } },
    });
    expect(unchanged).toBe(true);
  });

  it('in a loss: the response and the token to blame are found among all others', async () => {
    // exp overflows where the advantage is 100: at one token of one response.
    const marked = definePlugin({
      name: 'marked',
      provides: [
        provide('advantage', 'marked', {
          description: 'for a test',
          settings: z.strictObject({}),
          create: () => ({
            name: 'marked',
            needsCritic: false,
            estimate: ({ tokenRewards }) => ({
              advantages: tokenRewards.map((row, b) =>
                row.map((_, t) => (b === 7 && t === Math.min(1, row.length - 1) ? 100 : 1)),
              ),
              returns: tokenRewards.map((row) => row.slice()),
            }),
          }),
        }),
      ],
    });
    const loss = lossPlugin('overflow', () => ({
      name: 'overflow',
      settings: {},
      build: (_g, t) => ({
        loss: neg(sum(mul(t.weights, mul(t.logprobs, exp(where(equal(t.weights, 0), 0, t.advantages)))))),
      }),
    }));
    const { error, record, unchanged } = await failedRun({
      plugins: [marked, loss],
      config: { advantage: 'marked', criticUpdateSteps: 0, policyLoss: 'overflow', whitenAdvantages: false },
    });
    expect(error.message).toMatch(/it comes from response token [01] of one response: this is rollout 7, of problem/);
    expect(record).toMatchObject({
      step: {
        stage: 'update',
        role: 'policy',
        sequences: [{ weights: expect.any(Float32Array), inputs: { advantages: expect.any(Float32Array) } }],
      },
      sample: { rollout: 7 },
      weights: 'failures/iteration-1/policy',
    });
    expect(unchanged).toBe(true);
  });

  it('in a gradient: the tensor is named, and the responses that make it overflow', async () => {
    const loss = lossPlugin('steep', () => ({
      name: 'steep',
      settings: {},
      build: (_g, t) => ({ loss: sum(mul(t.weights, mul(t.logprobs, 1e30))) }),
    }));
    const { error, record, unchanged } = await failedRun({
      plugins: [loss],
      config: { policyLoss: 'steep', advantage: 'group', criticUpdateSteps: 0 },
    });
    expect(error).toMatchObject({
      code: 'ORZ_NOT_FINITE',
      message: expect.stringMatching(/^The gradient of \S+ is not finite/),
    });
    expect(record.step).toMatchObject({ stage: 'update', role: 'policy' });
    expect(unchanged).toBe(true);
  });
});

describe('the record of a failure', () => {
  it('comes back with every bit, NaN included', () => {
    const record: FailureRecord = {
      format: 1,
      iteration: 3,
      error: { code: 'ORZ_NOT_FINITE', message: 'm', value: 'NaN', place: { tensor: 't', sample: 0, token: 2 } },
      weights: null,
      step: {
        stage: 'score',
        role: 'policy',
        temperature: 1,
        sequences: [
          { tokens: Int32Array.of(1, -2, 2 ** 31 - 1), promptLength: 1 },
          { tokens: Int32Array.of(), promptLength: 0 },
        ],
      },
    };
    const text = Buffer.concat([...encodeFailure(record)]).toString('utf8');
    expect(decodeFailure(text, 'f')).toEqual(record);
    const estimate: FailureRecord = {
      ...record,
      step: {
        stage: 'estimate',
        batch: {
          tokenRewards: [Float32Array.of(NaN, -0, Infinity, 1e-45)],
          rewards: Float32Array.of(1),
          groups: Int32Array.of(0),
          problems: [{ id: 'a', prompt: '1+1', answer: '2' }],
          stopReasons: ['stop'],
        },
      },
    };
    expect(decodeFailure(Buffer.concat([...encodeFailure(estimate)]).toString('utf8'), 'f')).toEqual(estimate);
  });

  it('another file is refused', () => {
    for (const text of ['{', '[]', '{"format": 2, "step": {}}', 'null'])
      expect(() => decodeFailure(text, 'some.json'), text).toThrow(
        expect.objectContaining({ code: 'ORZ_DATA_MALFORMED' }),
      );
  });
});

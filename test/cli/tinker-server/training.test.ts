import { describe, expect, it } from 'vitest';
import { exampleLengths, exampleSequences } from '../../../core/conformance/example-model.js';
import type { TrainingSequence } from '../../../core/contracts/model.js';
import type { Datum } from '../../../core/tinker/protobuf.js';
import { createAdamW } from '../../../plugins/optimizer-adamw/plugin.js';
import { createPpoClip } from '../../../plugins/loss-ppo/plugin.js';
import { createValueLoss } from '../../../plugins/loss-value/plugin.js';
import { makeModels, replyOf, start } from './support.js';

const sequences = exampleSequences(exampleLengths);
const number = (i: number, t: number): number => Math.sin(i * 7 + t * 3);

/** Sequences with numbers for the losses of policies and critics. */
const training: TrainingSequence[] = sequences.map((sequence, i) => {
  const count = sequence.tokens.length - sequence.promptLength;
  const floats = (scale: number, shift: number): Float32Array =>
    Float32Array.from({ length: count }, (_, t) => shift + scale * number(i, t));
  return {
    ...sequence,
    weights: floats(0.01, 0.02),
    inputs: {
      oldLogprobs: floats(0.5, -3),
      advantages: floats(1, 0.1),
      oldValues: floats(0.5, 0),
      returns: floats(1, 0.3),
    },
  };
});

/** A datum in the short form, whose arrays are as long as the response. */
const shortDatum = ({ tokens, promptLength, weights, inputs }: TrainingSequence): Datum => ({
  tokens: tokens.slice(0, -1),
  inputs: {
    target_tokens: tokens.slice(promptLength),
    weights,
    logprobs: inputs.oldLogprobs!,
    advantages: inputs.advantages!,
    values: inputs.oldValues!,
    returns: inputs.returns!,
  },
});

/** The portable form: arrays as long as the input, zeros for the prompt. */
const longDatum = (sequence: TrainingSequence): Datum => {
  const { tokens, inputs } = shortDatum(sequence);
  const padded = (array: Float32Array): Float32Array => {
    const all = new Float32Array(tokens.length);
    all.set(array, tokens.length - array.length);
    return all;
  };
  return {
    tokens,
    inputs: {
      target_tokens: sequence.tokens.slice(1),
      ...Object.fromEntries(
        Object.entries(inputs).flatMap(([name, array]) =>
          array instanceof Float32Array ? [[name, padded(array)]] : [],
        ),
      ),
    },
  };
};

const adam = { learning_rate: 0.01, beta1: 0.8, beta2: 0.9, eps: 1e-6, weight_decay: 0.1, grad_clip_norm: 0.5 };
const optimizer = createAdamW({ beta1: 0.8, beta2: 0.9, epsilon: 1e-6, weightDecay: 0.1 });

describe('a policy', () => {
  it('learns with ppo what a local model learns, to the bit, step after step', async () => {
    const server = await start();
    const { id } = await server.model();
    const local = await makeModels().create('policy');
    const data = training.map(shortDatum);
    const ppo = { lossFn: 'ppo', lossFnConfig: { clip_low_threshold: 0.8, clip_high_threshold: 1.2 } };
    let sequence = 1;
    for (let step = 0; step < 3; step++) {
      const scores = await local.forward(training);
      const report = await local.accumulate(training, createPpoClip({ clipEps: 0.2 }));
      const { gradNorm } = await local.step({ learningRate: 0.01, maxGradNorm: 0.5 }, optimizer);
      const output = await server.output(await replyOf(server.pass(id, sequence++, data, ppo)));
      expect(output.outputs.map(({ logprobs }) => logprobs)).toEqual(scores.map(({ logprobs }) => logprobs));
      expect(output.metrics).toEqual({
        'loss:sum': report.loss,
        ...Object.fromEntries(Object.entries(report.metrics).map(([name, value]) => [`${name}:sum`, value])),
      });
      const reply = await server.post('optim_step', { model_id: id, seq_id: sequence++, adam_params: adam });
      expect(await server.result(reply)).toEqual({
        metrics: { 'skyrl.ai/grad_norm': gradNorm, 'skyrl.ai/learning_rate': 0.01 },
      });
    }
  });

  it('gives no log-probabilities with a gradient where they are not wanted, and the same gradient', async () => {
    const server = await start();
    const [one, other] = [await server.model(), await server.model()];
    const data = training.map(shortDatum);
    const scored = await server.output(await replyOf(server.pass(one.id, 1, data)));
    const bare = await server.output(await replyOf(server.pass(other.id, 1, data, { lossFnConfig: { scores: 0 } })));
    expect(scored.outputs.map((arrays) => Object.keys(arrays))).toEqual(
      data.map(() => ['logprobs', 'elementwise_loss']),
    );
    expect(bare).toEqual({ ...scored, outputs: data.map(() => ({})) });
  });

  it('is scored with entropy and temperature, in both forms of a datum, and in JSON', async () => {
    const server = await start();
    const { id } = await server.model();
    const local = await makeModels().create('policy');
    const forward = { isForwardOnly: true, lossFnConfig: { temperature: 0.7 } };
    const expected = await local.forward(training, { temperature: 0.7 });
    const output = await server.output(await replyOf(server.pass(id, 1, training.map(shortDatum), forward)));
    expect(output.outputs.map(({ logprobs, entropy }) => ({ logprobs, entropy }))).toEqual(expected);
    const portable = await server.output(await replyOf(server.pass(id, 2, training.map(longDatum), forward)));
    for (const [i, { promptLength }] of training.entries())
      expect(portable.outputs[i]!['logprobs']!.subarray(promptLength - 1)).toEqual(expected[i]!.logprobs);
    expect(portable.metrics['loss:sum']).toBeCloseTo(output.metrics['loss:sum']!, 5);
    const body = {
      model_id: id,
      seq_id: 3,
      forward_input: {
        loss_fn: 'cross_entropy',
        loss_fn_config: { temperature: 0.7 },
        data: training.map(shortDatum).map(({ tokens, inputs }) => ({
          model_input: { chunks: [{ type: 'encoded_text', tokens: [...tokens] }] },
          loss_fn_inputs: Object.fromEntries(
            Object.entries(inputs).map(([name, array]) => [name, { data: [...array], dtype: 'float32', shape: [] }]),
          ),
        })),
      },
    };
    const reply = await server.post('forward', body);
    const response = await server.request('POST', 'retrieve_future', { request_id: reply['request_id'] });
    const result = (await response.json()) as { loss_fn_outputs: { logprobs: { data: number[] } }[] };
    expect(result.loss_fn_outputs.map(({ logprobs }) => Float32Array.from(logprobs.data))).toEqual(
      expected.map(({ logprobs }) => logprobs),
    );
  });

  it('adds up gradients of requests that arrive in any order, and executes a repeated one once', async () => {
    const server = await start();
    const { id } = await server.model();
    const local = await makeModels().create('policy');
    const data = training.map(shortDatum);
    const loss = { lossFn: 'importance_sampling' };
    const late = server.pass(id, 2, data.slice(3), loss);
    const step = await server.post('optim_step', { model_id: id, seq_id: 3, adam_params: adam });
    const first = await replyOf(server.pass(id, 1, data.slice(0, 3), loss));
    const again = await replyOf(server.pass(id, 1, data.slice(0, 3), loss));
    expect(again).toEqual(first);
    await server.output(await replyOf(late));
    const { metrics } = (await server.result(step)) as { metrics: Record<string, number> };
    const ratio = await import('../../../cli/tinker-server/losses.js');
    const graph = ratio.lossFunctions['importance_sampling']!.create({}, {} as never);
    await local.accumulate(training.slice(0, 3), graph);
    await local.accumulate(training.slice(3), graph);
    const { gradNorm } = await local.step({ learningRate: 0.01, maxGradNorm: 0.5 }, optimizer);
    expect(metrics['skyrl.ai/grad_norm']).toBe(gradNorm);
    expect((await server.pass(id, 1, data.slice(0, 2), loss)).status).toBe(409);
  });
});

describe('a critic', () => {
  it('learns with value_sum what a local critic learns, and gives its values', async () => {
    const server = await start();
    const { id } = await server.model({ model_role: 'critic' });
    const local = await makeModels().create('critic');
    const data = training.map(shortDatum);
    const expected = await local.forward(training);
    const values = await server.output(await replyOf(server.pass(id, 1, data, { isForwardOnly: true })));
    expect(values.outputs).toEqual(expected.map(({ values }) => ({ values })));
    await local.accumulate(training, createValueLoss({ valueClipEps: 0.2 }));
    const { gradNorm } = await local.step({ learningRate: 0.01, maxGradNorm: 0.5 }, optimizer);
    const loss = { lossFn: 'value_sum', lossFnConfig: { value_clip: 0.2 } };
    expect((await server.output(await replyOf(server.pass(id, 2, data, loss)))).outputs).toEqual(data.map(() => ({})));
    const step = await server.post('optim_step', { model_id: id, seq_id: 3, adam_params: adam });
    expect(await server.result(step)).toMatchObject({ metrics: { 'skyrl.ai/grad_norm': gradNorm } });
  });

  it('with ppo_critic takes the mean over sequences of their means, over several requests', async () => {
    const server = await start();
    const { id } = await server.model({ model_role: 'critic' });
    const local = await makeModels().create('critic');
    const data = training.map((sequence) => ({ ...sequence, weights: sequence.weights.map(() => 1) })).map(shortDatum);
    const mean = training.map((sequence) => ({
      ...sequence,
      weights: sequence.weights.map(() => 1 / (sequence.weights.length * training.length)),
    }));
    await local.accumulate(mean, createValueLoss({ valueClipEps: 0.3 }));
    const { gradNorm } = await local.step({ learningRate: 0.01, maxGradNorm: Infinity }, optimizer);
    const loss = { lossFn: 'ppo_critic', lossFnConfig: { value_clip: 0.3 } };
    await replyOf(server.pass(id, 1, data.slice(0, 5), loss));
    await replyOf(server.pass(id, 2, data.slice(5), loss));
    const step = await server.post('optim_step', {
      model_id: id,
      seq_id: 3,
      adam_params: { ...adam, grad_clip_norm: 0 },
    });
    const { metrics } = (await server.result(step)) as { metrics: Record<string, number> };
    expect(metrics['skyrl.ai/grad_norm']).toBeCloseTo(gradNorm, 5);
    const after = await server.output(await replyOf(server.pass(id, 4, data, { isForwardOnly: true })));
    const expected = await local.forward(training);
    for (const [i, { values }] of expected.entries())
      for (const [t, value] of values!.entries()) expect(after.outputs[i]!['values']![t]).toBeCloseTo(value, 4);
  });
});

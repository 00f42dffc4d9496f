import { describe, expect, it } from 'vitest';
import { compileLoss, exampleLossData, type LossData } from '../../../../core/conformance/index.js';
import { evaluateLoss } from '../../../../core/compute/engine/host-loss.js';
import type { LossInput } from '../../../../core/contracts/loss.js';
import { ReferenceBackend } from '../../../../plugins/backend-reference/backend.js';
import {
  lossTolerance,
  recordedAlgorithms,
  recordedBatch,
  relativeDifference,
  relativeTolerance,
  type RecordedCase,
} from '../../../fixtures/algorithms/recorded.js';
import type { RecordedUpdate } from '../../train/loop/recorded-model.js';
import { packings, runRecorded } from '../../train/loop/recorded-run.js';

/** Log-probability of a token and entropy of the distribution of these scaled logits, in nats. */
function scoresOf(logits: readonly number[], token: number): { logprob: number; entropy: number } {
  const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  const logprobs = logits.map((logit) => logit - total);
  return { logprob: logprobs[token]!, entropy: -logprobs.reduce((sum, p) => sum + p * Math.exp(p), 0) };
}

/** One number per token of the responses in the step, one response after the other. */
const inStep = <T>({ members }: Pick<RecordedUpdate, 'members'>, rows: readonly (readonly T[])[]): T[] =>
  members.flatMap((response) => rows[response]!);

function pointOf(update: RecordedUpdate, { temperature = 1 }: Pick<RecordedCase, 'temperature'>) {
  const scores = recordedBatch.logits.policy.map((rows, response) =>
    rows.map((logits, token) => {
      const scaled = logits.map((logit) => logit / temperature);
      return scoresOf(scaled, recordedBatch.responses[response]![token]!);
    }),
  );
  const values = (name: string): number[] | undefined => {
    const rows = update.sequences.map(({ weights, inputs }) =>
      name === 'weights' ? weights : inputs[name as LossInput],
    );
    return rows.some((row) => row === undefined) ? undefined : rows.flatMap((row) => Array.from(row ?? []));
  };
  return {
    logprobs: inStep(update, scores).map(({ logprob }) => logprob),
    entropy: inStep(update, scores).map(({ entropy }) => entropy),
    values: inStep(update, recordedBatch.values.current),
    sequence: update.sequences.flatMap(({ weights }, i) => Array.from(weights, () => i)),
    input: values,
  };
}

/** The step as one micro-batch without padding. */
function lossDataOf(update: RecordedUpdate, recordedCase: RecordedCase): LossData {
  const { logprobs, entropy, values, sequence, input } = pointOf(update, recordedCase);
  const given = Object.keys(exampleLossData()).map((name) => [name, input(name) ?? logprobs.map(() => 0)] as const);
  const rows = { ...Object.fromEntries(given), logprobs, entropy, values };
  const data = Object.entries(rows).map(([name, row]) => [name, Float32Array.from(row)] as const);
  return { ...Object.fromEntries(data), sequence: Int32Array.from(sequence) } as LossData;
}

/** The slopes that PyTorch has of a loss by what the network computes, by name of the score. */
const recorded = recordedAlgorithms.cases.map((each) => ({
  ...each,
  slopes: [
    ...each.policy.map(({ logprobs, entropy, loss }) => ({ loss, logprobs, ...(entropy && { entropy }) })),
    ...(each.critic ?? []).map(({ values, loss }) => ({ loss, values })),
  ],
}));

async function updatesOf(each: (typeof recorded)[number]): Promise<RecordedUpdate[]> {
  const options = { backend: new ReferenceBackend(), limits: packings.one, steps: each.policy.length };
  const { policy, critic } = await runRecorded(each, options);
  return [...policy, ...critic];
}

describe('slopes of a loss by the scores of each token, as PyTorch has them', () => {
  it.each(recorded)('on the host: $name', async (each) => {
    for (const [step, update] of (await updatesOf(each)).entries()) {
      const { loss, ...expected } = each.slopes[step]!;
      const { sequence, input, logprobs, entropy, values } = pointOf(update, each);
      const scores = 'values' in expected ? { values } : { logprobs, entropy };
      const ours = evaluateLoss(update.loss, { tokens: sequence.length, scores, input, sequence });
      expect(Math.abs(ours.loss - loss)).toBeLessThan(lossTolerance);
      expect(Object.keys(ours.slopes).sort()).toEqual(Object.keys(expected).sort());
      for (const [name, rows] of Object.entries(expected))
        expect(relativeDifference(ours.slopes[name as keyof typeof ours.slopes]!, inStep(update, rows))).toBeLessThan(
          relativeTolerance,
        );
    }
  });

  it.each(recorded)('compiled: $name', async (each) => {
    const backend = new ReferenceBackend();
    for (const [step, update] of (await updatesOf(each)).entries()) {
      const { loss, ...expected } = each.slopes[step]!;
      for (const [name, rows] of Object.entries(expected)) {
        const data = lossDataOf(update, each);
        const trained = name as 'logprobs' | 'entropy' | 'values';
        const runner = await compileLoss(backend, update.loss, trained, data.weights.length);
        const ours = await runner.run(data);
        await runner.release();
        expect(Math.abs(ours.loss - loss)).toBeLessThan(lossTolerance);
        expect(relativeDifference(ours.gradient, inStep(update, rows))).toBeLessThan(relativeTolerance);
      }
    }
    await backend.dispose();
  });
});

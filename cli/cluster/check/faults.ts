import { errorTexts } from '../../../core/boundary/safe-text.js';
import type { Engine } from '../../../core/contracts/engine.js';
import type { Loss } from '../../../core/contracts/loss.js';
import type { Model, Sequence } from '../../../core/contracts/model.js';
import { isOrzError } from '../../../core/errors.js';
import { policyBatch } from './batch.js';
import { finding, shown, type Finding } from './finding.js';
import { meanLogprob } from './models.js';

/** The largest mean difference of sampler and trainer, in nats: bf16 and another order of sums. */
const maxGap = 0.05;
const sampledTokens = 8;

/** The sampler has the weights of the trainer: it reports the log-probabilities that the trainer gives. */
export async function checkSampler(engine: Engine, prompt: Int32Array, vocabSize: number): Promise<Finding> {
  await engine.sampler.sync(engine.policy);
  const settings = { temperature: 1, topP: 1, topK: 0, maxResponseTokens: sampledTokens, stop: [], stopTokens: [] };
  const completions = await engine.sampler.sample([{ promptTokens: prompt, count: 2, settings, key: [0] }]);
  const sequences = completions.map(({ tokens }) => ({
    tokens: Int32Array.from([...prompt, ...tokens]),
    promptLength: prompt.length,
  }));
  const scores = await engine.policy.forward(sequences);
  const gaps = completions.flatMap(({ logprobs }, i) =>
    Array.from(logprobs, (x, t) => Math.abs(x - (scores[i]?.logprobs?.[t] ?? NaN))),
  );
  const gap = gaps.reduce((sum, x) => sum + x, 0) / gaps.length;
  const isInside = completions.every(({ tokens }) => tokens.every((token) => token >= 0 && token < vocabSize));
  const measured = `${gaps.length} tokens, gap ${shown(gap)} nats`;
  return finding('sampler', isInside && gap <= maxGap, measured, `gap to the trainer at most ${maxGap}`);
}

/**
 * A gradient that overflows must leave the weights as they are. Last: after a refusal the model takes no further steps,
 * and a server that applies it has spoilt the model.
 */
export async function checkNotFinite(
  policy: Model,
  loss: Loss,
  { text, sequences }: { readonly text: Int32Array; readonly sequences: readonly Sequence[] },
): Promise<Finding> {
  const before = await meanLogprob(policy, text);
  const batch = policyBatch(sequences, await policy.forward(sequences)).map((sequence) => ({
    ...sequence,
    weights: sequence.weights.map(() => 3e38),
  }));
  const told = await stepWith(policy, loss, batch);
  const after = await meanLogprob(policy, text).catch(nothingFinite);
  const measured = `${told}; log-probability ${shown(before)} before, ${shown(after)} after`;
  return finding('a gradient that overflows', told !== 'applied' && before === after, measured, 'no step');
}

/** A model that a gradient of NaN has spoilt is not scored: what it gives is refused. */
function nothingFinite(error: unknown): number {
  if (isOrzError(error) && error.code === 'ORZ_NOT_FINITE') return NaN;
  throw error;
}

/** How the server takes it: a code if it refuses. */
async function stepWith(policy: Model, loss: Loss, batch: Parameters<Model['accumulate']>[0]): Promise<string> {
  try {
    await policy.accumulate(batch, loss);
    await policy.step({ learningRate: 1e-3, maxGradNorm: 1 });
    return 'applied';
  } catch (error) {
    return isOrzError(error) ? error.code : errorTexts(error).message;
  }
}

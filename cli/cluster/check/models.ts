import type { Loss } from '../../../core/contracts/loss.js';
import type { Model, Sequence, TrainingSequence } from '../../../core/contracts/model.js';
import { criticBatch, policyBatch, weighted } from './batch.js';
import { finding, isNear, shown, type Finding } from './finding.js';

/** A step that changes nothing: with it, the gradient's norm is measured. */
const noStep = { learningRate: 0, maxGradNorm: 1e30 };

/** Gradient norm of a batch that comes in parts, one after the other. */
export async function gradientNorm(
  model: Model,
  loss: Loss,
  parts: readonly (readonly TrainingSequence[])[],
): Promise<number> {
  for (const part of parts) await model.accumulate(part, loss);
  return (await model.step(noStep)).gradNorm;
}

/** Mean log-probability of a text's tokens but the first, in nats. */
export async function meanLogprob(policy: Model, text: Int32Array): Promise<number> {
  const [scores] = await policy.forward([{ tokens: text, promptLength: 1 }]);
  const logprobs = scores?.logprobs ?? new Float32Array();
  return logprobs.reduce((sum, x) => sum + x, 0) / logprobs.length;
}

/** The log-probability of a fixed text, beside that of the same model here or of what knows nothing. */
export async function checkLogprob(policy: Model, text: Int32Array, here: Model | undefined, vocabSize: number) {
  const what = `log-probability of ${text.length} tokens`;
  const measured = await meanLogprob(policy, text);
  if (here !== undefined) {
    const own = await meanLogprob(here, text);
    return finding(what, isNear(measured, own), `${shown(measured)} nats a token`, `${shown(own)}, as computed here`);
  }
  const chance = -Math.log(vocabSize);
  const expected = `well above ${shown(chance)}, which is chance: the model is too large to compute it here`;
  return finding(what, measured > chance / 2 && measured <= 0, `${shown(measured)} nats a token`, expected);
}

/** The loss is a sum with weights: the parts it comes in change nothing, and twice the weight is twice the gradient. */
export async function checkPolicyGradient(
  policy: Model,
  loss: Loss,
  sequences: readonly Sequence[],
): Promise<{ readonly findings: Finding[]; readonly norm: number }> {
  const batch = policyBatch(sequences, await policy.forward(sequences));
  const whole = await gradientNorm(policy, loss, [batch]);
  const halves = await gradientNorm(policy, loss, [batch.slice(0, 2), batch.slice(2)]);
  const single = await gradientNorm(
    policy,
    loss,
    batch.map((sequence) => [sequence]),
  );
  const double = await gradientNorm(policy, loss, [weighted(batch, 2)]);
  const norms = [whole, halves, single].map(shown).join(', ');
  return {
    norm: whole,
    findings: [
      finding(
        'policy gradient in 1, 2, 4 parts',
        whole > 0 && isNear(whole, halves) && isNear(whole, single),
        norms,
        'equal',
      ),
      finding('policy gradient, weights twice', isNear(2 * whole, double), shown(double), shown(2 * whole)),
    ],
  };
}

/** The same gradient here: it differs where embeddings are tied on one side only. */
export async function checkGradientHere(
  here: Model,
  loss: Loss,
  { sequences, norm, isTied }: { readonly sequences: readonly Sequence[]; readonly norm: number; isTied: boolean },
): Promise<Finding> {
  const own = await gradientNorm(here, loss, [policyBatch(sequences, await here.forward(sequences))]);
  const tied = isTied ? 'tied' : 'untied';
  return finding(`policy gradient, ${tied} here`, isNear(norm, own), shown(norm), `${shown(own)}, as computed here`);
}

/**
 * One loss as 4, 8 and 6 rows: each sequence once; twice with half the weight; and beside rows without weight. A server
 * that averages over rows shows whether the weights that were sent undo it.
 */
export async function checkCriticGradient(
  critic: Model,
  loss: Loss,
  sequences: readonly Sequence[],
): Promise<Finding[]> {
  const values = await critic.forward(sequences);
  const batch = criticBatch(sequences, values);
  const halves = weighted(batch, 0.5);
  const norms: number[] = [];
  for (const rows of [batch, [...halves, ...halves], [...batch, ...weighted(batch.slice(0, 2), 0)]])
    norms.push(await gradientNorm(critic, loss, [rows]));
  const [first = NaN] = norms;
  const report = await critic.accumulate(batch, loss);
  await critic.step(noStep);
  const own = lossOf(batch);
  return [
    finding(
      'critic gradient as 4, 8, 6 rows',
      first > 0 && norms.every((norm) => isNear(norm, first)),
      norms.map(shown).join(', '),
      'equal',
    ),
    finding('critic loss', isNear(report.loss, own), shown(report.loss), `${shown(own)}, from its values`),
  ];
}

/** Σ w · ½ (V − R)²: with the values of now as old ones, clipping changes nothing. */
const lossOf = (batch: readonly TrainingSequence[]): number =>
  batch.reduce((sum, { weights, inputs: { oldValues, returns } }) => {
    const errors = weights.map((w, t) => (w * ((oldValues?.[t] ?? NaN) - (returns?.[t] ?? NaN)) ** 2) / 2);
    return sum + errors.reduce((a, b) => a + b, 0);
  }, 0);

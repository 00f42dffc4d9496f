import type { Loss } from '../../../core/contracts/loss.js';
import { isOrzError } from '../../../core/errors.js';
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

/** One loss in other rows: each sequence once; twice with half the weight; beside rows without weight. */
const rowsOf = (batch: readonly TrainingSequence[]): readonly (readonly TrainingSequence[])[] => {
  const halves = weighted(batch, 0.5);
  return [batch, [...halves, ...halves], [...batch, ...weighted(batch.slice(0, 2), 0)]];
};

async function rowNorms(model: Model, loss: Loss, batch: readonly TrainingSequence[]): Promise<number[]> {
  const norms: number[] = [];
  for (const rows of rowsOf(batch)) norms.push(await gradientNorm(model, loss, [rows]));
  return norms;
}

const areNear = (norms: readonly number[], to: number): boolean => to > 0 && norms.every((norm) => isNear(norm, to));

/** The loss is a sum with weights: its rows and parts change nothing, and twice the weight is twice the gradient. */
export async function checkPolicyGradient(
  policy: Model,
  loss: Loss,
  sequences: readonly Sequence[],
): Promise<{ readonly findings: Finding[]; readonly norm: number }> {
  const batch = policyBatch(sequences, await policy.forward(sequences));
  const norms = await rowNorms(policy, loss, batch);
  const [norm = NaN] = norms;
  const parts = [[batch.slice(0, 2), batch.slice(2)], batch.map((sequence) => [sequence])];
  const inParts = await partNorms(policy, loss, parts);
  const double = await gradientNorm(policy, loss, [weighted(batch, 2)]);
  return {
    norm,
    findings: [
      finding('policy gradient as 4, 8, 6 rows', areNear(norms, norm), norms.map(shown).join(', '), 'equal'),
      inParts === undefined
        ? finding('policy gradient in 2, 4 parts', true, 'not taken: all of a step comes at once here', 'equal')
        : finding('policy gradient in 2, 4 parts', areNear(inParts, norm), inParts.map(shown).join(', '), shown(norm)),
      finding('policy gradient, weights twice', isNear(2 * norm, double), shown(double), shown(2 * norm)),
    ],
  };
}

/** Undefined if the client sends the whole of a step at once, since the server averages over it. */
async function partNorms(
  model: Model,
  loss: Loss,
  parts: readonly (readonly (readonly TrainingSequence[])[])[],
): Promise<number[] | undefined> {
  const norms: number[] = [];
  try {
    for (const part of parts) norms.push(await gradientNorm(model, loss, part));
  } catch (error) {
    if (!isOrzError(error) || error.code !== 'ORZ_CAPABILITY') throw error;
    await model.step(noStep); // Takes out the part that was sent.
    return undefined;
  }
  return norms;
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

/** As for a policy; a server that averages over rows shows whether the weights that were sent undo it. */
export async function checkCriticGradient(
  critic: Model,
  loss: Loss,
  sequences: readonly Sequence[],
): Promise<Finding[]> {
  const values = await critic.forward(sequences);
  const batch = criticBatch(sequences, values);
  const norms = await rowNorms(critic, loss, batch);
  const report = await critic.accumulate(batch, loss);
  await critic.step(noStep);
  const own = lossOf(batch);
  return [
    finding('critic gradient as 4, 8, 6 rows', areNear(norms, norms[0] ?? NaN), norms.map(shown).join(', '), 'equal'),
    finding('critic loss', isNear(report.loss, own), shown(report.loss), `${shown(own)}, from its values`),
  ];
}

/** Σ w · ½ (V − R)²: with the values of now as old ones, clipping changes nothing. */
const lossOf = (batch: readonly TrainingSequence[]): number =>
  batch.reduce((sum, { weights, inputs: { oldValues, returns } }) => {
    const errors = weights.map((w, t) => (w * ((oldValues?.[t] ?? NaN) - (returns?.[t] ?? NaN)) ** 2) / 2);
    return sum + errors.reduce((a, b) => a + b, 0);
  }, 0);

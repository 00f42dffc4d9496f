import type { Engine } from '../../contracts/engine.js';
import type { Model, Sequence } from '../../contracts/model.js';
import { OrzError } from '../../errors.js';
import { differences } from '../metrics/differences.js';
import type { IterationReport } from '../loop/trainer.js';

/** Sequences whose log-probabilities are compared; enough to see a change of any weight that matters. */
const watchedSequences = 64;
/** Nats that a log-probability may move: rounding, where a sequence is computed beside others. */
const tolerance = 1e-4;
/** Standard errors that the mean reward of an iteration may be away from that of the first: by chance alone once in two million iterations. */
const rewardErrors = 5;

interface FirstIteration {
  readonly sequences: readonly Sequence[];
  readonly logprobs: readonly Float32Array[];
  readonly reward: RewardMean;
}

interface RewardMean {
  readonly mean: number;
  readonly variance: number;
}

/**
 * Watches a run whose learning rates are 0: everything is computed, nothing may change. After each iteration the weights of all models must equal, bit for
 * bit, those from before the run; the policy's log-probabilities of 64 sequences of the first iteration must be the same within 1e-4 nats; and the mean reward
 * must lie within 5 standard errors of the first one. Throws ORZ_CANARY saying what moved.
 */
export class Canary {
  private first?: FirstIteration;

  private constructor(private readonly weights: Readonly<Record<string, number>>) {}

  /** Takes note of the weights as they are now. */
  static async create(engine: Engine): Promise<Canary> {
    return new Canary(await checksums(engine));
  }

  async check(engine: Engine, { batch }: IterationReport, temperature: number, groupSize: number): Promise<void> {
    const weights = await checksums(engine);
    const reward = meanOfGroups(
      batch.results.map(({ value }) => value),
      groupSize,
    );
    const first = (this.first ??= {
      reward,
      sequences: batch.sequences.slice(0, watchedSequences),
      logprobs: batch.oldLogprobs.slice(0, watchedSequences),
    });
    const moved = Object.keys(weights).find((name) => weights[name] !== this.weights[name]);
    if (moved !== undefined) throw failed(`the weights of the ${moved} have changed`);
    const scores = await engine.policy.forward(first.sequences, { temperature });
    const { maxAbsolute } = differences(
      scores.map((s) => s.logprobs!),
      first.logprobs,
    );
    if (maxAbsolute > tolerance)
      throw failed(`the log-probability of a token has moved by ${maxAbsolute.toPrecision(3)} nats`);
    const error = Math.sqrt(reward.variance + first.reward.variance);
    if (Math.abs(reward.mean - first.reward.mean) > rewardErrors * error + Number.EPSILON) {
      throw failed(
        `the mean reward has gone from ${first.reward.mean.toFixed(3)} to ${reward.mean.toFixed(3)}, more than sampling explains (standard error ${error.toFixed(3)})`,
      );
    }
  }
}

function failed(what: string): OrzError {
  return new OrzError('ORZ_CANARY', `Learning rates are 0, and yet ${what}`, {
    origin: 'guards.canary',
    remedy:
      'Something in the engine, the optimizer, the sampler or a plugin changes what it should not; without this it would spoil a real run.',
  });
}

/** Responses of a group are not independent, so the mean over groups is what has a standard error; `variance` is its square. */
function meanOfGroups(values: readonly number[], size: number): RewardMean {
  const means = Array.from(
    { length: values.length / size },
    (_, g) => values.slice(g * size, (g + 1) * size).reduce((a, b) => a + b, 0) / size,
  );
  const mean = means.reduce((a, b) => a + b, 0) / means.length;
  const spread = means.reduce((sum, x) => sum + (x - mean) ** 2, 0) / Math.max(1, means.length - 1);
  // A few groups that happen to agree have no spread; what a share of one response could add has.
  return { mean, variance: Math.max(spread, 1 / values.length) / means.length };
}

async function checksums({ policy, critic, reference }: Engine): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const model of [policy, critic, reference]) if (model) sums[model.role] = await checksum(model);
  return sums;
}

/** FNV-1a over the bits of all weights: any single change of a bit changes it. */
async function checksum(model: Model): Promise<number> {
  let hash = 0x811c9dc5;
  for await (const { data } of model.exportWeights()) {
    const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
    for (let i = 0; i < bits.length; i++) hash = Math.imul(hash ^ bits[i]!, 0x01000193);
  }
  return hash >>> 0;
}

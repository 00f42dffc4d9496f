import type { Engine } from '../../contracts/engine.js';
import type { IterationResult } from '../../contracts/loop.js';
import type { Model, ModelTensors, Sequence } from '../../contracts/model.js';
import type { RunConfig } from '../../config/schema.js';
import { scoresOf } from '../loop/token-scores.js';
import { differences } from '../metrics/differences.js';
import { canaryMoved } from './errors.js';

/** Sequences whose log-probabilities are compared; enough to see a change of any weight that matters. */
const watchedSequences = 64;
/**
 * By which a log-probability (nats) or a value may change: rounding, since a sequence is computed together with others.
 */
const tolerance = 1e-4;
/**
 * Standard errors by which the mean reward of an iteration may differ from that of the first: by chance alone once in
 * two million iterations.
 */
const rewardErrors = 5;

interface FirstIteration {
  readonly sequences: readonly Sequence[];
  readonly logprobs: readonly Float32Array[];
  readonly values: readonly Float32Array[];
  readonly reward: RewardMean;
}

interface RewardMean {
  readonly mean: number;
  /** Of the mean: the square of its standard error. */
  readonly variance: number;
}

/**
 * Watches a run whose learning rates are 0: everything is computed, nothing may change. After each iteration the
 * weights of all models must equal, bit for bit, those from before the run, unless the engine hands out none;
 * log-probabilities and values of 64 sequences of the first iteration must be the same within 1e-4; and the mean reward
 * must lie within 5 standard errors of the first one. Throws ORZ_CANARY saying what moved.
 */
export class Canary {
  private first?: FirstIteration;

  private constructor(private readonly weights: Readonly<Record<string, number>>) {}

  /** Records the current weights. */
  static async create(engine: Engine): Promise<Canary> {
    return new Canary(await checksums(engine));
  }

  async check(engine: Engine, { batch }: IterationResult, config: RunConfig): Promise<void> {
    const rewards = batch.results.map(({ value }) => value);
    const reward = meanOfGroups(rewards, config.samplesPerPrompt);
    const first = (this.first ??= {
      reward,
      sequences: batch.sequences.slice(0, watchedSequences),
      logprobs: batch.oldLogprobs.slice(0, watchedSequences),
      values: (batch.oldValues ?? []).slice(0, watchedSequences),
    });
    await this.checkWeights(engine);
    await checkLogprobs(engine.policy, first, config.temperature);
    if (engine.critic) await checkValues(engine.critic, first);
    checkReward(reward, first.reward);
  }

  private async checkWeights(engine: Engine): Promise<void> {
    for (const [model, sum] of Object.entries(await checksums(engine))) {
      if (sum !== this.weights[model]) throw canaryMoved(`the weights of the ${model} have changed`);
    }
  }
}

async function checkLogprobs(policy: Model, first: FirstIteration, temperature: number): Promise<void> {
  const scores = await policy.forward(first.sequences, { temperature });
  const { maxAbsolute } = differences(scoresOf(scores, 'logprobs'), first.logprobs);
  if (maxAbsolute > tolerance) {
    throw canaryMoved(`the log-probability of a token has moved by ${maxAbsolute.toPrecision(3)} nats`);
  }
}

async function checkValues(critic: Model, first: FirstIteration): Promise<void> {
  const { maxAbsolute } = differences(scoresOf(await critic.forward(first.sequences), 'values'), first.values);
  if (maxAbsolute > tolerance) throw canaryMoved(`the value of a token has moved by ${maxAbsolute.toPrecision(3)}`);
}

function checkReward(now: RewardMean, first: RewardMean): void {
  const error = Math.sqrt(now.variance + first.variance);
  if (Math.abs(now.mean - first.mean) <= rewardErrors * error + Number.EPSILON) return;
  const change = `the mean reward has gone from ${first.mean.toFixed(3)} to ${now.mean.toFixed(3)}`;
  throw canaryMoved(`${change}, more than sampling explains (standard error ${error.toFixed(3)})`);
}

/** Responses of a group are not independent, so the mean over groups is what has a standard error. */
function meanOfGroups(values: readonly number[], size: number): RewardMean {
  const mean = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0) / numbers.length;
  const groups = Array.from({ length: values.length / size }, (_, g) => mean(values.slice(g * size, (g + 1) * size)));
  const middle = mean(groups);
  const variance = groups.reduce((sum, x) => sum + (x - middle) ** 2, 0) / Math.max(1, groups.length - 1);
  // A few groups that happen to agree have no variance; the floor is what one response could add.
  return { mean: middle, variance: Math.max(variance, 1 / values.length) / groups.length };
}

async function checksums({ policy, critic, reference }: Engine): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const model of [policy, critic, reference]) if (model?.tensors) sums[model.role] = await checksum(model.tensors);
  return sums;
}

/** FNV-1a over the bits of all weights: any single change of a bit changes it. */
async function checksum(tensors: ModelTensors): Promise<number> {
  let hash = 0x811c9dc5;
  for await (const { data } of tensors.exportWeights()) {
    for (const bits of new Uint32Array(data.buffer, data.byteOffset, data.length)) {
      hash = Math.imul(hash ^ bits, 0x01000193);
    }
  }
  return hash >>> 0;
}

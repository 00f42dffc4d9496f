import { inject, injectable } from 'tsyringe';
import type { Advantage, RewardedBatch } from '../../contracts/advantage.js';
import type { Engine } from '../../contracts/engine.js';
import type { KlRegularizer } from '../../contracts/kl.js';
import type { Loss } from '../../contracts/loss.js';
import type { Model } from '../../contracts/model.js';
import type { RunEvents } from '../../contracts/run-events.js';
import { contractTokens } from '../../contracts/contract-tokens.js';
import type { RunConfig } from '../../config/schema.js';
import { runTokens } from '../../plugin/container.js';
import { requireFinite } from '../../recipe/check.js';
import { lossWeights } from '../../recipe/loss-weights.js';
import { learningRateAt } from '../../recipe/schedule.js';
import { tokenRewards } from '../../recipe/token-rewards.js';
import { whiten } from '../../recipe/whiten.js';
import { add } from '../../compute/tensor/ops.js';
import type { Random } from '../../random.js';
import {
  splitEvenly,
  groupIndices,
  toSequence,
  trainingSequences,
  type EstimatedBatch,
  type TrainingBatch,
} from './batch.js';
import type { Collected } from './collect.js';
import { failingAs, type FailureSite } from '../diagnostics/failure.js';
import { requireAgreement, requireFreshRollouts } from '../diagnostics/guards.js';
import type { Timer } from './timer.js';

/** Optimizer steps taken so far by each model; part of a checkpoint. */
export interface StepCounters {
  policy: number;
  critic: number;
}

/** Sums over one model's update: losses and metrics are means over its steps. */
export interface UpdateReport {
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly gradNorm: number;
  readonly learningRate: number;
}

export interface IterationReport {
  readonly batch: EstimatedBatch;
  readonly policy: UpdateReport;
  readonly critic?: UpdateReport;
}

/** What one iteration is done with. */
export interface IterationContext {
  readonly iteration: number;
  /** Raised by every optimizer step. */
  readonly steps: StepCounters;
  readonly timer: Timer;
  readonly signal: AbortSignal;
  /** Awaited before the first parameter changes: until then somebody may be reading the weights. */
  readonly beforeUpdate: () => Promise<void>;
}

/** One iteration of the paper's algorithm after sampling: score, estimate, update the critic, update the policy. */
@injectable()
export class Trainer {
  constructor(
    @inject(runTokens.config.symbol) private readonly config: RunConfig,
    @inject(runTokens.events.symbol) private readonly events: RunEvents,
    @inject(runTokens.random.symbol) private readonly random: Random,
    @inject(contractTokens.advantage.symbol) private readonly advantage: Advantage,
    @inject(contractTokens.policyLoss.symbol) private readonly policyLoss: Loss,
    @inject(contractTokens.valueLoss.symbol) private readonly valueLoss: Loss,
    @inject(contractTokens.kl.symbol) private readonly kl: KlRegularizer,
  ) {}

  /** What each model is trained with. */
  get losses(): Readonly<Record<'policy' | 'critic', Loss>> {
    return { policy: this.regularisedPolicyLoss(), critic: this.valueLoss };
  }

  async learn(
    engine: Engine,
    collected: Collected,
    { iteration, steps, timer, signal, beforeUpdate }: IterationContext,
  ): Promise<IterationReport> {
    requireFreshRollouts(collected.rollouts, engine.policy.version);
    const scored = await this.score(engine, collected, iteration, timer, signal);
    requireAgreement(scored.rollouts, scored.oldLogprobs, this.config.guards.maxLogprobGap);
    const batch = await this.estimate(scored, iteration);
    await beforeUpdate();
    const critic =
      engine.critic &&
      (await timer.measure('critic', () =>
        this.update(engine.critic!, batch, this.losses.critic, iteration, steps, signal),
      ));
    const policy = await timer.measure('policy', () =>
      this.update(engine.policy, batch, this.losses.policy, iteration, steps, signal),
    );
    return { batch, policy, ...(critic && { critic }) };
  }

  /** Log-probabilities and values under the weights that sampled the rollouts. */
  private async score(
    engine: Engine,
    { rollouts, results }: Collected,
    iteration: number,
    timer: Timer,
    signal: AbortSignal,
  ): Promise<TrainingBatch> {
    const sequences = rollouts.map(toSequence);
    const groups = groupIndices(rollouts, this.config.samplesPerPrompt);
    const { temperature } = this.config;
    const forward = async (model: Model, label: string, score: 'logprobs' | 'values', tensor: string) => {
      const phase = this.events.phase(label, sequences.length, 'responses');
      const scores = await failingAs(
        ({ details: { location: place } }) => ({
          iteration,
          rollouts,
          step: {
            stage: 'score',
            role: model.role,
            temperature,
            sequences: place?.sample === undefined ? sequences : [sequences[place.sample]!],
          },
        }),
        async () => {
          const computed = await model.forward(sequences, {
            signal,
            temperature,
            onProgress: (share) => phase.progress(share * sequences.length),
          });
          requireFinite(
            tensor,
            computed.map((s) => s[score]!),
          );
          return computed;
        },
      );
      phase.end();
      return scores;
    };
    return timer.measure('score', async () => {
      const policy = await forward(engine.policy, 'log-probabilities', 'logprobs', 'log-probability');
      const reference =
        engine.reference &&
        (await forward(engine.reference, 'reference log-probabilities', 'logprobs', 'reference log-probability'));
      const critic = engine.critic && (await forward(engine.critic, 'values', 'values', 'value'));
      return {
        rollouts,
        results,
        sequences,
        groups,
        rewards: this.trainedRewards(
          results.map((r) => r.value),
          iteration,
        ),
        oldLogprobs: policy.map((s) => s.logprobs!),
        entropy: policy.map((s) => s.entropy!),
        ...(reference && { refLogprobs: reference.map((s) => s.logprobs!) }),
        ...(critic && { oldValues: critic.map((s) => s.values!) }),
      };
    });
  }

  /** The control experiment hands every response the reward of another one. */
  private trainedRewards(values: readonly number[], iteration: number): Float32Array {
    if (!this.config.shuffleRewards) return Float32Array.from(values);
    return Float32Array.from(
      this.random.stream('shuffled rewards').permutation(values.length, iteration),
      (from) => values[from]!,
    );
  }

  private async estimate(batch: TrainingBatch, iteration: number): Promise<EstimatedBatch> {
    const penalties =
      this.kl.penalty &&
      batch.refLogprobs &&
      batch.oldLogprobs.map((logprobs, b) => this.kl.penalty!(logprobs, batch.refLogprobs![b]!));
    const input: RewardedBatch = {
      tokenRewards: batch.rollouts.map((r, b) =>
        tokenRewards(batch.rewards[b]!, r.responseTokens.length, penalties?.[b]),
      ),
      rewards: batch.rewards,
      groups: batch.groups,
      ...(batch.oldValues && { values: batch.oldValues }),
    };
    const { advantages, returns } = await failingAs(
      () => ({ iteration, rollouts: batch.rollouts, step: { stage: 'estimate', batch: input } }),
      () => {
        const estimate = this.advantage.estimate(input);
        requireFinite('return', estimate.returns);
        requireFinite('advantage', estimate.advantages);
        return estimate;
      },
    );
    return {
      ...batch,
      rawAdvantages: advantages,
      advantages: this.config.whitenAdvantages ? whiten(advantages).values : advantages,
      returns,
      ...(penalties && { penalties }),
    };
  }

  private async update(
    model: Model,
    batch: EstimatedBatch,
    loss: Loss,
    iteration: number,
    steps: StepCounters,
    signal: AbortSignal,
  ): Promise<UpdateReport> {
    const role = model.role as 'policy' | 'critic';
    const { config } = this;
    const [updates, rate, warmupSteps] =
      role === 'policy'
        ? [config.policyUpdateSteps, config.policyLearningRate, config.policyWarmupSteps]
        : [config.criticUpdateSteps, config.criticLearningRate, config.criticWarmupSteps];
    const peak = config.guards.canary ? 0 : rate;
    const order = this.random.stream(`${role} mini-batches`).permutation(batch.rollouts.length, iteration);
    const parts = splitEvenly(order, updates);
    const phase = this.events.phase(`${role} update`, batch.rollouts.length, 'responses');
    const total = { loss: 0, metrics: {} as Record<string, number>, gradNorm: 0, learningRate: 0 };
    let done = 0;
    for (const members of parts) {
      const weights = lossWeights(
        config.lossAggregation,
        members.map((b) => ({
          promptLength: batch.sequences[b]!.promptLength,
          responseLength: batch.rollouts[b]!.responseTokens.length,
        })),
        config.packedRowTokens,
      );
      const sequences = trainingSequences(batch, members, weights);
      const site = (): FailureSite => ({
        iteration,
        rollouts: members.map((b) => batch.rollouts[b]!),
        step: { stage: 'update', role, temperature: config.temperature, maxGradNorm: config.maxGradNorm, sequences },
      });
      const sums = await failingAs(site, () =>
        model.accumulate(sequences, loss, {
          signal,
          temperature: config.temperature,
          onProgress: (share) => phase.progress(done + share * members.length),
        }),
      );
      const learningRate = learningRateAt({ type: 'constant', peak, warmupSteps }, ++steps[role]);
      const { gradNorm } = await failingAs(site, () => model.step({ learningRate, maxGradNorm: config.maxGradNorm }));
      done += members.length;
      total.loss += sums.loss / parts.length;
      total.gradNorm += gradNorm / parts.length;
      total.learningRate = learningRate;
      for (const [name, value] of Object.entries(sums.metrics))
        total.metrics[name] = (total.metrics[name] ?? 0) + value / parts.length;
    }
    phase.end();
    return total;
  }

  private regularisedPolicyLoss(): Loss {
    const { policyLoss, kl } = this;
    if (!kl.loss) return policyLoss;
    return {
      name: `${policyLoss.name} with ${kl.name}`,
      settings: {
        ...policyLoss.settings,
        ...Object.fromEntries(Object.entries(kl.settings).map(([name, value]) => [`kl ${name}`, value])),
      },
      build: (g, t) => {
        const policy = policyLoss.build(g, t);
        const term = kl.loss!(g, t);
        return { loss: add(policy.loss, term), metrics: { ...policy.metrics, klLoss: term } };
      },
    };
  }
}

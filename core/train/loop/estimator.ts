import { inject, injectable } from '../../container/inject.js';
import { elementAt, zip } from '../../arrays.js';
import type { Advantage, RewardedBatch } from '../../contracts/advantage.js';
import { contractTokens } from '../../contracts/contract-tokens.js';
import type { KlRegularizer } from '../../contracts/kl.js';
import type { EstimatedBatch, Estimator, ScoredBatch } from '../../contracts/loop.js';
import type { RewardShaping, ShapedReward } from '../../contracts/reward-shaping.js';
import { tokenRewards } from '../../recipe/token-rewards.js';
import { whiten } from '../../recipe/whiten.js';
import { attributeFailure } from '../diagnostics/step-failure.js';
import { runTokens } from './run-tokens.js';
import type { TrainingRun } from './training-run.js';

/**
 * The shaped reward on the last token, less a KL penalty if there is one, through the advantage plugin, then whitened.
 */
@injectable()
export class AdvantageEstimator implements Estimator {
  constructor(
    @inject(runTokens.run.symbol) private readonly run: TrainingRun,
    @inject(contractTokens.advantage.symbol) private readonly advantage: Advantage,
    @inject(contractTokens.kl.symbol) private readonly kl: KlRegularizer,
    @inject(contractTokens.rewardShaping.symbol) private readonly shaping: RewardShaping,
  ) {}

  async estimate(batch: ScoredBatch, iteration: number): Promise<EstimatedBatch> {
    const shaped = this.shapedRewards(batch);
    const values = shaped?.map(({ reward }) => reward) ?? batch.results.map(({ value }) => value);
    const rewards = this.rewardsToTrainOn(values, iteration);
    const inLoss = shaped?.map((each) => each.inLoss);
    const penalties = this.penalties(batch);
    const input: RewardedBatch = {
      tokenRewards: batch.rollouts.map(({ samplerLogprobs, stepRewards }, b) =>
        // A reward of another response has no part in the steps of this one.
        tokenRewards(
          elementAt(rewards, b),
          samplerLogprobs.length,
          penalties?.[b],
          this.run.config.shuffleRewards ? [] : stepRewards,
        ),
      ),
      rewards,
      groups: batch.groups,
      ...(batch.oldValues && { values: batch.oldValues }),
      ...(batch.greedyRewards && { greedyRewards: batch.greedyRewards }),
      problems: batch.rollouts.map(({ problem }) => problem),
      stopReasons: batch.rollouts.map(({ stopReason }) => stopReason),
    };
    const { advantages, returns } = await this.estimateFinite(input, batch, iteration);
    return {
      ...batch,
      rewards,
      ...(inLoss && { inLoss }),
      rawAdvantages: advantages,
      advantages: this.run.config.whitenAdvantages ? whiten(advantages, inLoss).values : advantages,
      returns,
      ...(penalties && { penalties }),
    };
  }

  private shapedRewards({ rollouts, results }: ScoredBatch): readonly ShapedReward[] | undefined {
    const responses = Array.from(zip(rollouts, results), ([rollout, { value, verdict }]) => ({
      problem: rollout.problem,
      length: rollout.responseTokens.length,
      stopReason: rollout.stopReason,
      verdict,
      reward: value,
    }));
    return this.shaping.shape?.(responses, { maxResponseTokens: this.run.config.maxResponseTokens });
  }

  /** The control experiment gives every response the reward of another one. */
  private rewardsToTrainOn(values: readonly number[], iteration: number): Float32Array {
    const { config, random } = this.run;
    if (!config.shuffleRewards) return Float32Array.from(values);
    const order = random.stream('shuffled rewards').permutation(values.length, iteration);
    return Float32Array.from(order, (from) => elementAt(values, from));
  }

  private penalties({ oldLogprobs, refLogprobs }: ScoredBatch): Float32Array[] | undefined {
    const { kl } = this;
    if (!kl.penalty || !refLogprobs) return undefined;
    return Array.from(zip(oldLogprobs, refLogprobs), ([logprobs, reference]) =>
      kl.penalty?.(logprobs, reference),
    ).filter((penalty) => penalty !== undefined);
  }

  private estimateFinite(input: RewardedBatch, { rollouts }: ScoredBatch, iteration: number) {
    const site = { iteration, rollouts, step: { stage: 'estimate', batch: input } } as const;
    return attributeFailure(
      () => site,
      () => this.advantage.estimate(input),
    );
  }
}

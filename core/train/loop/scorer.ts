import { inject, injectable } from '../../container/inject.js';
import { elementAt, zip } from '../../arrays.js';
import { contractTokens } from '../../contracts/contract-tokens.js';
import type { Engine } from '../../contracts/engine.js';
import type { GradedRollouts, ScoredBatch, Scorer } from '../../contracts/loop.js';
import type { Model, Sequence, TokenScores } from '../../contracts/model.js';
import type { SamplerCorrection } from '../../contracts/sampler-correction.js';
import type { OrzError } from '../../errors.js';
import { attributeFailure, type FailureSite } from '../diagnostics/step-failure.js';
import { groupIndices, toSequence } from './batch.js';
import { runTokens } from './run-tokens.js';
import { scoresOf } from './token-scores.js';
import type { TrainingRun } from './training-run.js';

/** One forward pass of every model over all rollouts; of the policy only if the configuration asks for it. */
@injectable()
export class ForwardScorer implements Scorer {
  constructor(
    @inject(runTokens.run.symbol) private readonly run: TrainingRun,
    @inject(runTokens.engine.symbol) private readonly engine: Engine,
    @inject(contractTokens.samplerCorrection.symbol) private readonly correction: SamplerCorrection,
  ) {}

  async score(graded: GradedRollouts, iteration: number): Promise<ScoredBatch> {
    const { policy, reference, critic } = this.engine;
    const pass = { graded, iteration, sequences: graded.rollouts.map(toSequence) };
    const groups = groupIndices(graded.rollouts, this.run.config.samplesPerPrompt);
    const policyScores = this.run.config.policyScorePass
      ? await this.forward(policy, 'log-probabilities', pass)
      : graded.rollouts.map(({ samplerLogprobs }): TokenScores => ({ logprobs: samplerLogprobs }));
    const hasEntropy = policyScores.some(({ entropy }) => entropy !== undefined);
    const referenceScores = reference && (await this.forward(reference, 'reference log-probabilities', pass));
    const values = critic && (await this.forward(critic, 'values', pass));
    const oldLogprobs = scoresOf(policyScores, 'logprobs');
    return {
      ...graded,
      sequences: pass.sequences,
      ...{ groups, oldLogprobs },
      ...(!this.run.config.policyScorePass && { unscored: true }),
      ...(this.correction.factors && { correction: this.factors(graded, oldLogprobs) }),
      ...(hasEntropy && { entropy: scoresOf(policyScores, 'entropy') }),
      ...(referenceScores && { refLogprobs: scoresOf(referenceScores, 'logprobs') }),
      ...(values && { oldValues: scoresOf(values, 'values') }),
    };
  }

  private factors({ rollouts }: GradedRollouts, oldLogprobs: readonly Float32Array[]): Float32Array[] {
    return Array.from(zip(rollouts, oldLogprobs), ([{ samplerLogprobs }, logprobs]) =>
      this.correction.factors?.(logprobs, samplerLogprobs),
    ).filter((row) => row !== undefined);
  }

  private async forward(model: Model, label: string, pass: ForwardPass) {
    const { sequences, graded, iteration } = pass;
    const { temperature } = this.run.config;
    const phase = this.run.events.phase(label, sequences.length, 'responses');
    const site = ({ details: { location } }: OrzError): FailureSite => ({
      iteration,
      rollouts: graded.rollouts,
      step: {
        stage: 'score',
        role: model.role,
        temperature,
        sequences: location?.sample === undefined ? sequences : [elementAt(sequences, location.sample)],
      },
    });
    const scores = await attributeFailure(site, () =>
      model.forward(sequences, {
        temperature,
        onProgress: (share) => {
          phase.progress(share * sequences.length);
        },
      }),
    );
    phase.end();
    return scores;
  }
}

interface ForwardPass {
  readonly graded: GradedRollouts;
  readonly sequences: readonly Sequence[];
  readonly iteration: number;
}

import { inject, injectable } from '../../container/inject.js';
import { elementAt } from '../../arrays.js';
import type { Engine } from '../../contracts/engine.js';
import type { GradedRollouts, ScoredBatch, Scorer } from '../../contracts/loop.js';
import type { Model, Sequence, TokenScores } from '../../contracts/model.js';
import type { OrzError } from '../../errors.js';
import { requireFinite } from '../../recipe/check.js';
import { attributeFailure, type FailureSite } from '../diagnostics/step-failure.js';
import { groupIndices, toSequence } from './batch.js';
import { missingScores } from './errors.js';
import { runTokens } from './run-tokens.js';
import type { TrainingRun } from './training-run.js';

/** One forward pass of every model over all rollouts. */
@injectable()
export class ForwardScorer implements Scorer {
  constructor(
    @inject(runTokens.run.symbol) private readonly run: TrainingRun,
    @inject(runTokens.engine.symbol) private readonly engine: Engine,
  ) {}

  async score(graded: GradedRollouts, iteration: number): Promise<ScoredBatch> {
    const { policy, reference, critic } = this.engine;
    const pass = { graded, iteration, sequences: graded.rollouts.map(toSequence) };
    const groups = groupIndices(graded.rollouts, this.run.config.samplesPerPrompt);
    const policyScores = await this.forward(policy, 'log-probabilities', 'logprobs', pass);
    const referenceScores =
      reference && (await this.forward(reference, 'reference log-probabilities', 'logprobs', pass));
    const values = critic && (await this.forward(critic, 'values', 'values', pass));
    return {
      ...graded,
      sequences: pass.sequences,
      groups,
      oldLogprobs: field(policyScores, 'logprobs'),
      entropy: field(policyScores, 'entropy'),
      ...(referenceScores && { refLogprobs: field(referenceScores, 'logprobs') }),
      ...(values && { oldValues: field(values, 'values') }),
    };
  }

  private async forward(model: Model, label: string, score: 'logprobs' | 'values', pass: ForwardPass) {
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
    const scores = await attributeFailure(site, async () => {
      const computed = await model.forward(sequences, {
        temperature,
        onProgress: (share) => {
          phase.progress(share * sequences.length);
        },
      });
      requireFinite(nameOf(model, score), field(computed, score));
      return computed;
    });
    phase.end();
    return scores;
  }
}

interface ForwardPass {
  readonly graded: GradedRollouts;
  readonly sequences: readonly Sequence[];
  readonly iteration: number;
}

/** What the numbers are called in messages. */
function nameOf({ role }: Model, score: 'logprobs' | 'values'): string {
  if (score === 'values') return 'value';
  return role === 'reference' ? 'reference log-probability' : 'log-probability';
}

/** One kind of score of all sequences. Throws ORZ_INTERNAL if the model does not compute it. */
function field(scores: readonly TokenScores[], name: keyof TokenScores): Float32Array[] {
  return scores.map((each) => {
    const values = each[name];
    if (!values) throw missingScores(name);
    return values;
  });
}

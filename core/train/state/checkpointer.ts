import { inject, injectable } from '../../container/inject.js';
import type { Engine } from '../../contracts/engine.js';
import type { Checkpointer, Evaluation } from '../../contracts/loop.js';
import type { MetricSink } from '../../contracts/metric-sink.js';
import type { BaseModel } from '../../contracts/model-source.js';
import type { ProblemSet } from '../../contracts/problems.js';
import { meanReward } from '../evaluation/evaluator.js';
import type { Progress } from '../loop/progress.js';
import { runTokens } from '../loop/run-tokens.js';
import type { TrainingRun } from '../loop/training-run.js';
import { BackgroundWriter } from './background-writer.js';
import { writeBaseEvaluation } from './base-evaluation.js';
import { baseCheckpoint, checkpointOf, finalCheckpoint, type CheckpointName } from './checkpoint-names.js';
import { commitCheckpoint, pruneCheckpoints, type CheckpointContent, type SavedCheckpoint } from './checkpoints.js';
import { baseContent, handsOutWeights, keptContent, savedReference, statesOf, trainedContent } from './engine-state.js';
import type { RecordedFiles } from './recorded-files.js';
import { fingerprint, type RunState } from './state.js';

/** Captures all state of a run except weights and moments. */
@injectable()
export class RunSnapshot {
  constructor(
    @inject(runTokens.engine.symbol) private readonly engine: Engine,
    @inject(runTokens.sinks.symbol) private readonly sinks: readonly MetricSink[],
    @inject(runTokens.problems.symbol) private readonly problems: ProblemSet,
    @inject(runTokens.progress.symbol) private readonly progress: Progress,
  ) {}

  get iteration(): number {
    return this.progress.iteration;
  }

  /** A copy of the current state, which the loop is about to change. */
  take(config: RunState['config'], files: RecordedFiles, evaluation: Evaluation | undefined): RunState {
    const { engine, progress } = this;
    return {
      format: 1,
      iteration: progress.iteration,
      problemsTaken: progress.problems,
      controls: { ...progress.controls },
      steps: { ...progress.steps },
      health: progress.health,
      versions: { policy: engine.policy.version, ...(engine.critic && { critic: engine.critic.version }) },
      rewardPool: { ...progress.rewardIncidents },
      seconds: progress.seconds,
      problems: fingerprint(this.problems),
      config,
      files,
      sinks: this.sinks.flatMap((sink) => (sink.state ? [{ name: sink.name, state: sink.state() }] : [])),
      reward: evaluation ? meanReward(evaluation, config.checkpoint.bestSet) : null,
      ...(progress.before && { before: progress.before }),
      ...(progress.after && { after: progress.after }),
    };
  }

  /** Records that a checkpoint of this state was begun. */
  markSaved(): void {
    this.progress.saved = this.progress.iteration;
  }
}

/** Writes checkpoints during the next iteration, and removes those that need not be kept. */
@injectable()
export class BackgroundCheckpointer implements Checkpointer {
  private readonly writer = new BackgroundWriter();

  constructor(
    @inject(runTokens.run.symbol) private readonly run: TrainingRun,
    @inject(runTokens.engine.symbol) private readonly engine: Engine,
    @inject(runTokens.baseModel.symbol) private readonly base: BaseModel,
    @inject(RunSnapshot) private readonly snapshot: RunSnapshot,
  ) {}

  get pending(): boolean {
    return this.writer.pending;
  }

  settle(): Promise<void> {
    return this.writer.settle();
  }

  beginBase(): Promise<void> {
    return this.write(baseCheckpoint, baseContent(this.engine, this.base), undefined);
  }

  async saveBaseEvaluation(before: Evaluation): Promise<void> {
    const { files, platform } = this.run;
    await writeBaseEvaluation(platform.storage, { before, files: (await files.record()).files });
  }

  begin(evaluation: Evaluation | undefined): Promise<void> {
    return this.writeTrained(checkpointOf(this.snapshot.iteration), evaluation);
  }

  async saveFinal(after: Evaluation): Promise<void> {
    await this.writeTrained(finalCheckpoint, after);
    await this.settle();
  }

  private writeTrained(name: CheckpointName, evaluation: Evaluation | undefined): Promise<void> {
    const content = handsOutWeights(this.engine)
      ? trainedContent(this.engine, this.base)
      : keptContent(this.engine, name, (reference) => {
          const where = Object.entries(reference).map(([role, path]) => `${role} ${path}`);
          this.run.events.log('info', `Checkpoint ${name} is kept by the engine: ${where.join(', ')}`);
        });
    return this.write(name, content, evaluation);
  }

  private async write(name: CheckpointName, content: CheckpointContent, evaluation: Evaluation | undefined) {
    const { files, platform, config } = this.run;
    await this.settle();
    const { files: recorded, lasting } = await files.record();
    // Everything but the weights is captured now, because the loop is about to change it.
    const state = this.snapshot.take(config, recorded, evaluation);
    this.snapshot.markSaved();
    await this.writer.begin(async () => {
      await lasting();
      await commitCheckpoint(platform.storage, name, state, content);
      const retention = { latest: config.checkpoint.keep, best: config.checkpoint.keepBest };
      await pruneCheckpoints(platform.storage, retention, (checkpoint) => this.forget(checkpoint));
    });
  }

  /** Removes what the engine keeps for a checkpoint that is about to be removed. */
  private async forget(checkpoint: Pick<SavedCheckpoint, 'folder' | 'files'>): Promise<void> {
    const reference = await savedReference(this.run.platform.storage, checkpoint);
    if (reference !== undefined) await statesOf(this.engine).remove(reference);
  }
}

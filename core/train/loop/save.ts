import { writeBaseEvaluation } from '../state/base-evaluation.js';
import {
  baseCheckpoint,
  checkpointOf,
  commitCheckpoint,
  finalCheckpoint,
  pruneCheckpoints,
  type CheckpointContent,
  type CheckpointName,
} from '../state/checkpoints.js';
import { baseContent, trainedContent } from '../state/engine-state.js';
import { fingerprint, type RunState } from '../state/state.js';
import { meanReward, type Evaluation } from '../evaluation/evaluate.js';
import type { Session } from './session.js';

/** Begins to write the model before training; see {@link Session.writer}. */
export const beginBase = (session: Session): Promise<void> =>
  begin(session, baseCheckpoint, baseContent(session.engine, session.base), undefined);

/**
 * Begins to write the state after an iteration, `held` being its evaluation if it had one, and lets go of checkpoints that need not stay. The weights
 * are read while the next iteration samples, so the writer must have settled before they change.
 */
export const beginCheckpoint = (session: Session, held: Evaluation | undefined): Promise<void> =>
  begin(session, checkpointOf(session.progress.iteration), trainedContent(session.engine, session.base), held);

/** Writes the state at the end of the run. */
export async function saveFinal(session: Session, after: Evaluation): Promise<void> {
  session.progress.after = after;
  await begin(session, finalCheckpoint, trainedContent(session.engine, session.base), after);
  await session.writer.settle();
}

async function begin(
  session: Session,
  name: CheckpointName,
  content: CheckpointContent,
  held: Evaluation | undefined,
): Promise<void> {
  const {
    writer,
    files,
    platform: { storage },
    config: { checkpoint },
  } = session;
  await writer.settle();
  const { files: recorded, lasting } = await files.record();
  // Everything but the weights is taken now, because it changes at once.
  const state = stateOf(session, recorded, held);
  session.progress.saved = state.iteration;
  await writer.begin(async () => {
    await lasting();
    await commitCheckpoint(storage, name, state, content);
    await pruneCheckpoints(storage, { latest: checkpoint.keep, best: checkpoint.keepBest });
  });
}

function stateOf(
  { engine, config, container, problems, progress, incidents, seconds }: Session,
  files: RunState['files'],
  held: Evaluation | undefined,
): RunState {
  return {
    format: 1,
    iteration: progress.iteration,
    steps: { ...progress.steps },
    health: progress.health,
    versions: { policy: engine.policy.version, ...(engine.critic && { critic: engine.critic.version }) },
    rewardPool: { ...incidents() },
    seconds: seconds(),
    problems: fingerprint(problems),
    config,
    files,
    sinks: container.metrics.flatMap((sink) => (sink.state ? [{ name: sink.name, state: sink.state() }] : [])),
    reward: held ? meanReward(held) : null,
    ...(progress.before && { before: progress.before }),
    ...(progress.after && { after: progress.after }),
  };
}

/** Keeps the evaluation before training for a run that is stopped before its first checkpoint; the base checkpoint must be settled. */
export async function saveBaseEvaluation({
  files,
  platform: { storage },
  progress: { before },
}: Session): Promise<void> {
  await writeBaseEvaluation(storage, { before: before!, files: (await files.record()).files });
}

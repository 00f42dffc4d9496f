import type { RunConfig } from '../../config/schema.js';
import type { RunContainer } from '../../plugin/container.js';
import type { DeviceInfo } from '../../contracts/backend.js';
import type { Engine } from '../../contracts/engine.js';
import type { BaseModel } from '../../contracts/model-source.js';
import type { Metrics } from '../../contracts/metric-sink.js';
import type { Platform } from '../../contracts/platform.js';
import type { RewardPool } from '../../contracts/reward-pool.js';
import type { RunEvents } from '../../contracts/run-events.js';
import type { ProblemSet } from '../../contracts/problems.js';
import type { Sampler } from '../../contracts/sampler.js';
import { OrzError } from '../../errors.js';
import type { Random } from '../../random.js';
import { BackgroundWriter } from '../state/background-writer.js';
import type { SavedCheckpoint } from '../state/checkpoints.js';
import { restoreEngine, savedPolicy } from '../state/engine-state.js';
import type { RunFiles } from '../state/run-files.js';
import { fingerprint } from '../state/state.js';
import type { Collector } from './collect.js';
import type { Evaluation, SampleAnswer } from '../evaluation/evaluate.js';
import { requireSynchronised } from '../diagnostics/guards.js';
import { healthyStart, type HealthState } from '../diagnostics/health.js';
import { openTrainingProblems } from './open-problems.js';
import type { StepCounters } from './trainer.js';

export interface TrainingRun {
  readonly config: RunConfig;
  readonly container: RunContainer;
  readonly platform: Platform;
  /** Of the storage of `platform`. */
  readonly files: RunFiles;
  readonly events: RunEvents;
  readonly random: Random;
  /** Ends the run at the next safe point; its state is saved, then ORZ_INTERRUPTED is thrown. */
  readonly signal: AbortSignal;
  /** What `config.json` of the run folder shall say; written once the data have opened, so that bad data leave no file. */
  readonly configFile: string;
  /** Where a run that was begun earlier goes on; absent for a new one. */
  readonly resume?: SavedCheckpoint;
  /** Train on even if the problems are not those the run was begun with. */
  readonly force?: boolean;
  /** Called with the metrics of each iteration after the sinks have them. */
  readonly onMetrics?: (metrics: Metrics) => void;
  /** Called once it is known what the run computes on. */
  readonly onDevice?: (device: DeviceInfo) => void;
  /** Called after each iteration with some of its responses, for people to look at. */
  readonly onSamples?: (iteration: number, samples: readonly SampleAnswer[]) => void;
}

/** How far a run is; what of it changes as it goes on, beside models. */
export interface Progress {
  /** Iterations done. */
  iteration: number;
  /** Iterations done when the latest checkpoint was begun. */
  saved: number;
  readonly steps: StepCounters;
  health: HealthState;
  before?: Evaluation;
  after?: Evaluation;
}

/** Everything alive during a run. */
export interface Session extends TrainingRun {
  readonly base: BaseModel;
  readonly engine: Engine;
  readonly sampler: Sampler;
  readonly problems: ProblemSet;
  readonly collector: Collector;
  readonly progress: Progress;
  readonly writer: BackgroundWriter;
  /** Incidents of grading and seconds since the run began, those of earlier processes included. */
  readonly incidents: () => RewardPool['stats'];
  readonly seconds: () => number;
}

/** Opens the data, loads the models, restores what a checkpoint holds, and starts what samples and grades. */
export async function openSession(run: TrainingRun): Promise<Session> {
  const { config, container, platform, events, random, resume } = run;
  const started = platform.now();
  const problems = await openTrainingProblems(run);
  if (resume) checkProblems(problems, run, resume);
  await platform.storage.write('config.json', run.configFile);
  const factory = container.get('engine');
  // Before the base model is made, which may take long on a device that nobody wanted.
  if (factory.device) announce(run, factory.device);
  const base = await loadBase(run);
  const [advantage, kl] = [container.get('advantage'), container.get('kl')];
  const engine = await factory.create({
    base,
    optimizer: container.get('optimizer'),
    critic: advantage.needsCritic,
    reference: kl.needsReference,
    random,
  });
  if (!factory.device) announce(run, engine.device);
  try {
    if (resume) await restore(run, engine, resume);
    const sampler = await container.get('sampler').create(engine);
    const rewards = await platform.createRewardPool(container.get('reward'), {
      ...config.grading,
      onIncident: (message) => events.log('warn', message),
    });
    const collector: Collector = {
      sampler,
      rewards,
      tokenizer: base.tokenizer,
      template: container.get('template'),
      maxPromptTokens: config.maxPromptTokens,
    };
    requireSynchronised(await sampler.sync(engine.policy), sampler, engine.policy.version);
    const earlier = resume?.state;
    return {
      ...run,
      base,
      engine,
      sampler,
      problems,
      collector,
      writer: new BackgroundWriter(),
      progress: {
        iteration: earlier?.iteration ?? 0,
        saved: earlier?.iteration ?? 0,
        steps: { ...(earlier?.steps ?? { policy: 0, critic: 0 }) },
        health: earlier?.health ?? healthyStart,
        ...(earlier?.before && { before: earlier.before }),
        ...(earlier?.after && { after: earlier.after }),
      },
      incidents: () => addIncidents(earlier?.rewardPool, rewards.stats),
      seconds: () => (earlier?.seconds ?? 0) + (platform.now() - started) / 1000,
    };
  } catch (error) {
    await engine.dispose();
    throw error;
  }
}

function announce({ onDevice, events }: TrainingRun, device: DeviceInfo): void {
  onDevice?.(device);
  events.log('info', [`device: ${device.backend} on ${device.device}`, ...device.notes].join('; '));
}

/** A resumed run needs no base model made or fetched again: architecture and tokenizer are in its checkpoint. */
const loadBase = ({ container, platform, events, random, signal, resume }: TrainingRun): Promise<BaseModel> =>
  resume ? savedPolicy(platform.storage, resume) : container.get('model').load({ random, events, signal });

async function restore(
  { platform, container }: TrainingRun,
  engine: Engine,
  checkpoint: SavedCheckpoint,
): Promise<void> {
  await restoreEngine(engine, platform.storage, checkpoint);
  const states = [...checkpoint.state.sinks];
  for (const sink of container.metrics) {
    const place = states.findIndex(({ name }) => name === sink.name);
    if (place >= 0 && sink.restore) await sink.restore(states.splice(place, 1)[0]!.state);
  }
}

function checkProblems(problems: ProblemSet, { force, events }: TrainingRun, { state }: SavedCheckpoint): void {
  const now = fingerprint(problems);
  if (now === state.problems) return;
  const what = `The problems are not those the run was begun with: ${state.problems} → ${now} (name, number, fingerprint)`;
  if (!force)
    throw new OrzError('ORZ_RESUME', what, {
      value: now,
      allowed: state.problems,
      origin: 'data',
      remedy: 'Bring back the files of the data, train in another folder, or go on with --force.',
    });
  events.log('warn', `Forced: ${what}`);
}

const addIncidents = (a: RewardPool['stats'] | undefined, b: RewardPool['stats']): RewardPool['stats'] => ({
  timeouts: (a?.timeouts ?? 0) + b.timeouts,
  crashes: (a?.crashes ?? 0) + b.crashes,
  retries: (a?.retries ?? 0) + b.retries,
});

/** Ends what {@link openSession} started, and what is still being written. */
export async function closeSession({ writer, collector, engine }: Session): Promise<void> {
  try {
    await writer.settle();
  } finally {
    await collector.rewards.dispose();
    await engine.dispose();
  }
}

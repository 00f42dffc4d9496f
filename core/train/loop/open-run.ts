import { loraOf, parameterChoices } from '../../config/schema.js';
import type { DeviceInfo } from '../../contracts/backend.js';
import type { Engine } from '../../contracts/engine.js';
import type { BaseModel } from '../../contracts/model-source.js';
import type { ProblemSet } from '../../contracts/problems.js';
import type { RewardPool } from '../../contracts/reward-pool.js';
import { requireSynchronised } from '../diagnostics/guards.js';
import { restoreEngine, startCritic } from '../state/engine-state.js';
import { fingerprint } from '../state/state.js';
import type { SavedCheckpoint } from '../state/checkpoints.js';
import { describeChangedProblems, problemsChanged } from './errors.js';
import { loadBase } from './base-model.js';
import { openEnvironment, type OpenEnvironment } from '../../environment/open-environment.js';
import { openRewardPool } from './open-reward-pool.js';
import { openTrainingProblems } from './open-problems.js';
import { Progress } from './progress.js';
import { runTokens } from './run-tokens.js';
import type { TrainingRun } from './training-run.js';

/** What {@link openRun} started and {@link closeRun} disposes. */
export interface OpenRun {
  readonly engine: Engine;
  readonly rewardPool: RewardPool;
  readonly environment: OpenEnvironment;
}

/**
 * Opens the data, loads the models, restores what a checkpoint holds, starts what samples and grades, and registers all
 * of it in the container, so that the parts of the loop can be resolved.
 */
export async function openRun(run: TrainingRun): Promise<OpenRun> {
  const { container, platform, resume } = run;
  const started = platform.now();
  const problems = await openTrainingProblems(run);
  if (resume) requireSameProblems(problems, run, resume);
  await platform.storage.write('config.json', run.configFile);
  const { base, engine } = await openEngine(run);
  try {
    await (resume ? restore(run, engine, resume) : startCritic(engine, base));
    const sampler = await container.get('sampler').create(engine);
    requireSynchronised(await sampler.sync(engine.policy), sampler, engine.policy.version);
    const environment = await openEnvironment(run);
    const rewardPool = await openRewardPool(run);
    const progress = new Progress(resume?.state, {
      seconds: () => (platform.now() - started) / 1000,
      incidents: () => rewardPool.stats,
    });
    container.register(runTokens.run, run);
    container.register(runTokens.engine, engine);
    container.register(runTokens.sampler, sampler);
    container.register(runTokens.baseModel, base);
    container.register(runTokens.problems, problems);
    container.register(runTokens.rewardPool, rewardPool);
    container.register(runTokens.environment, environment);
    container.register(runTokens.sinks, container.metrics);
    container.register(runTokens.progress, progress);
    return { engine, rewardPool, environment };
  } catch (error) {
    await engine.dispose();
    throw error;
  }
}

export async function closeRun({ rewardPool, environment, engine }: OpenRun): Promise<void> {
  try {
    await rewardPool.dispose();
    await environment.pool?.dispose();
  } finally {
    await engine.dispose();
  }
}

/** Announces the device before making the base model, which may take long on an unintended device. */
async function openEngine(run: TrainingRun): Promise<{ base: BaseModel; engine: Engine }> {
  const { config, container, random } = run;
  const factory = container.get('engine');
  if (factory.device) announce(run, factory.device);
  const base = await loadBase(run);
  const engine = await factory.create({
    base,
    optimizer: container.get('optimizer'),
    critic: container.get('advantage').needsCritic,
    reference: container.get('kl').needsReference,
    random,
    ...parameterChoices(config),
  });
  if (!factory.device) announce(run, engine.device);
  return { base, engine };
}

function announce({ onDevice, events }: TrainingRun, device: DeviceInfo): void {
  onDevice?.(device);
  events.log('info', [`device: ${device.backend} on ${device.device}`, ...device.notes].join('; '));
}

/** Each sink gets the first state of its name that no other sink took. */
async function restore({ config, platform, container }: TrainingRun, engine: Engine, checkpoint: SavedCheckpoint) {
  await restoreEngine(engine, platform.storage, checkpoint, loraOf(config));
  const states = [...checkpoint.state.sinks];
  for (const sink of container.metrics) {
    const index = states.findIndex(({ name }) => name === sink.name);
    if (index < 0 || !sink.restore) continue;
    for (const { state } of states.splice(index, 1)) await sink.restore(state);
  }
}

function requireSameProblems(problems: ProblemSet, { force, events }: TrainingRun, { state }: SavedCheckpoint): void {
  const now = fingerprint(problems);
  if (now === state.problems) return;
  if (!force) throw problemsChanged(state.problems, now);
  events.log('warn', `Forced: ${describeChangedProblems(state.problems, now)}`);
}

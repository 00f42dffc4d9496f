import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import colors from 'picocolors';
import { loadModelFolder } from '../../core/model-files/model-folder.js';
import { tensorsOf } from '../../core/model-files/model-tensors.js';
import { parseSet } from '../../core/config/layers.js';
import { parameterChoices, type RunConfig } from '../../core/config/schema.js';
import { resolveConfig, type ResolvedConfig } from '../../core/config/resolve.js';
import { createRunContainer, type RunContainer } from '../../core/container/run-container.js';
import type { StateReference } from '../../core/contracts/engine.js';
import type { Model, ModelRole, NamedTensor } from '../../core/contracts/model.js';
import type { BaseModel } from '../../core/contracts/model-source.js';
import type { Platform } from '../../core/contracts/platform.js';
import type { OrzError } from '../../core/errors.js';
import { decoderParameters } from '../../core/compute/nn/parameters.js';
import { createRandom } from '../../core/random.js';
import { decodeFailure, type FailureRecord } from '../../core/train/diagnostics/failure-file.js';
import { statesOf } from '../../core/train/state/engine-state.js';
import { verifiedFolder } from '../../core/train/state/manifest.js';
import { withoutWeights } from '../../core/train/loop/base-model.js';
import { replayFailure, type ReplayParts } from '../../core/train/diagnostics/replay.js';
import { ConfiguredObjectives } from '../../core/train/loop/objectives.js';
import { silentEvents } from '../../core/silent-events.js';
import { openRegistry, runLayers } from '../config/gather.js';
import { readRunConfig } from '../config/run-config.js';
import { createNodePlatform } from '../platform/node-platform.js';
import { describeError, exitCodes } from '../report-error.js';
import { missingRole, recordWithoutWeights, unreadableRecord } from './errors.js';

export interface ReplayFlags {
  readonly set?: readonly string[];
  readonly trustPlugins?: boolean;
}

/**
 * `orz-train replay`: repeats the step of a failure, with the weights of that moment. Exit code 1 if it fails again, 0
 * if it does not.
 */
export async function replay(file: string, flags: ReplayFlags): Promise<number> {
  const path = resolve(file);
  const record = decodeFailure(await textOf(path), path);
  const runDir = dirname(dirname(path));
  const resolved = await resolvedAgain(runDir, flags);
  const again = await replayIn(runDir, resolved, record);
  const when = record.iteration === null ? 'an evaluation' : `iteration ${record.iteration}`;
  process.stdout.write(`${record.step.stage} of ${when}: ${record.error.message}\n`);
  process.stdout.write(
    again === undefined
      ? `${colors.green('It does not happen again')} with these settings.\n`
      : `${colors.yellow('It happens again:')}\n${describeError(again).text}\n`,
  );
  return again === undefined ? exitCodes.ok : exitCodes.failure;
}

/** The configuration of the run, with the settings of the flags above it. */
async function resolvedAgain(runDir: string, { set = [], ...flags }: ReplayFlags): Promise<ResolvedConfig> {
  const { layers, plugins } = await runLayers(await readRunConfig(runDir, '--run-dir'), set.map(parseSet), flags);
  return resolveConfig(layers, await openRegistry(plugins));
}

async function textOf(path: string): Promise<string> {
  try {
    return new TextDecoder().decode(await readFile(path));
  } catch (cause) {
    throw unreadableRecord(path, cause);
  }
}

async function replayIn(
  runDir: string,
  resolved: ResolvedConfig,
  record: FailureRecord,
): Promise<OrzError | undefined> {
  const platform = createNodePlatform(runDir);
  const random = createRandom(resolved.config.seed);
  const container = await createRunContainer({
    resolved,
    platform,
    events: silentEvents,
    random,
    only: ['engine', 'model', 'optimizer', 'reward', 'advantage', 'policyLoss', 'valueLoss', 'kl', 'entropy'],
  });
  const opened: (() => Promise<void>)[] = [];
  try {
    return await replayFailure(record, partsOf({ container, platform, resolved, record, opened }));
  } finally {
    for (const close of opened.reverse()) await close();
    await container.dispose();
  }
}

/** What the parts of a replay are made from. */
interface PartsContext {
  readonly container: RunContainer;
  readonly platform: Platform;
  readonly resolved: ResolvedConfig;
  readonly record: FailureRecord;
  /** Functions that close what was opened, in order of opening. */
  readonly opened: (() => Promise<void>)[];
}

function partsOf({ container, platform, resolved: { config }, record, opened }: PartsContext): ReplayParts {
  return {
    advantage: () => container.get('advantage'),
    loss: (role) => container.resolve(ConfiguredObjectives).losses[role],
    rewards: async () => {
      const pool = await platform.createRewardPool(container.get('reward'), config.grading);
      opened.push(() => pool.dispose());
      return pool;
    },
    model: () => loadModel({ container, platform, config, record, opened }),
  };
}

type ModelContext = Omit<PartsContext, 'resolved'> & { readonly config: RunConfig };

/**
 * The model of the step. An engine makes a policy in any case; beside a critic it gets the critic's own trunk and is
 * not used.
 */
async function loadModel({ container, platform, config, record, opened }: ModelContext): Promise<Model> {
  const { step, weights, state } = record;
  if ('role' in step && state !== undefined) return loadState({ container, config, opened }, step.role, state);
  if (!('role' in step) || weights === null) throw recordWithoutWeights(weights);
  const isCritic = step.role === 'critic';
  const folder = await verifiedFolder(platform.storage, dirname(weights), basename(weights));
  const base = await loadModelFolder(folder, isCritic ? 'value' : 'language');
  const engine = await container.get('engine').create({
    base: isCritic ? { ...base, weights: () => asLanguageModel(base) } : base,
    optimizer: container.get('optimizer'),
    critic: isCritic,
    reference: step.role === 'reference',
    random: createRandom(config.seed),
  });
  opened.push(() => engine.dispose());
  const model = engine[step.role];
  if (model === undefined) throw missingRole(step.role);
  if (isCritic) await tensorsOf(model).importWeights(base.weights());
  return model;
}

/** The model of the step from a state that its engine kept. */
async function loadState(
  { container, config, opened }: Pick<ModelContext, 'container' | 'config' | 'opened'>,
  role: ModelRole,
  state: StateReference,
): Promise<Model> {
  const random = createRandom(config.seed);
  const description = await container.get('model').describe({
    random,
    events: silentEvents,
    signal: new AbortController().signal,
  });
  const engine = await container.get('engine').create({
    base: withoutWeights(description),
    optimizer: container.get('optimizer'),
    critic: role === 'critic',
    reference: role === 'reference',
    random,
    ...parameterChoices(config),
  });
  opened.push(() => engine.dispose());
  await statesOf(engine).load(state, { policy: 0, critic: 0 });
  const model = engine[role];
  if (model === undefined) throw missingRole(role);
  return model;
}

/** The weights of a critic without its value head, and zeros for what only a language model has. */
async function* asLanguageModel({ config, weights }: BaseModel): AsyncGenerator<NamedTensor> {
  const missing = new Map(decoderParameters(config, 'language').map((spec) => [spec.name, spec]));
  for await (const tensor of weights()) if (missing.delete(tensor.name)) yield tensor;
  for (const { name, shape } of missing.values())
    yield { name, shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) };
}

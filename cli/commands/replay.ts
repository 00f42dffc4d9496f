import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import colors from 'picocolors';
import { loadModelFolder } from '../../core/model-files/model-folder.js';
import { storageFolder } from '../../core/model-files/storage-folder.js';
import { parseSet } from '../../core/config/layers.js';
import { resolveConfig, type ResolvedConfig } from '../../core/config/resolve.js';
import { createRunContainer, type RunContainer } from '../../core/container/run-container.js';
import type { Model, NamedTensor } from '../../core/contracts/model.js';
import type { BaseModel } from '../../core/contracts/model-source.js';
import type { Platform } from '../../core/contracts/platform.js';
import { OrzError } from '../../core/errors.js';
import { decoderParameters } from '../../core/compute/nn/parameters.js';
import { createRandom } from '../../core/random.js';
import { decodeFailure, type FailureRecord } from '../../core/train/diagnostics/failure-file.js';
import { replayFailure, type ReplayParts } from '../../core/train/diagnostics/replay.js';
import { ConfiguredObjectives } from '../../core/train/loop/objectives.js';
import { silentEvents } from '../../core/silent-events.js';
import { findConfigFile } from '../config/find-config.js';
import { openRegistry } from '../config/gather.js';
import { createNodePlatform } from '../platform/node-platform.js';
import { describeError, exitCodes } from '../report-error.js';

export interface ReplayFlags {
  readonly set?: readonly string[];
}

/** `orz-train replay`: does the step of a failure again, with the weights of that moment. Exit code 1 if it fails again, 0 if it does not. */
export async function replay(file: string, { set = [] }: ReplayFlags): Promise<number> {
  const path = resolve(file);
  const record = decodeFailure(await textOf(path), path);
  const runDir = dirname(dirname(path));
  const written = await findConfigFile(runDir, 'config.json');
  const layers = [{ label: `${runDir}/config.json`, values: written!.values }, ...set.map(parseSet)];
  const resolved = await resolveConfig(
    layers,
    await openRegistry((written!.values['plugins'] as readonly string[] | undefined) ?? []),
  );
  const again = await replayIn(runDir, resolved, record);
  const { stage } = record.step;
  process.stdout.write(
    `${stage} of ${record.iteration === null ? 'an evaluation' : `iteration ${record.iteration}`}: ${record.error.message}\n`,
  );
  process.stdout.write(
    again === undefined
      ? `${colors.green('It does not happen again')} with these settings.\n`
      : `${colors.yellow('It happens again:')}\n${describeError(again).text}\n`,
  );
  return again === undefined ? exitCodes.ok : exitCodes.failure;
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new OrzError('ORZ_DATA_MISSING', `cannot read ${path}: ${(cause as Error).message}`, {
      value: path,
      origin: 'replay',
      remedy: 'Give the file that the error named: RUN_DIR/failures/iteration-N.json',
      cause,
    });
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
    only: ['engine', 'optimizer', 'reward', 'advantage', 'policyLoss', 'valueLoss', 'kl'],
  });
  const open: (() => Promise<void>)[] = [];
  try {
    return await replayFailure(record, partsOf({ container, platform, resolved, record, open }));
  } finally {
    for (const close of open.reverse()) await close();
    await container.dispose();
  }
}

interface Parts {
  readonly container: RunContainer;
  readonly platform: Platform;
  readonly resolved: ResolvedConfig;
  readonly record: FailureRecord;
  readonly open: (() => Promise<void>)[];
}

function partsOf({ container, platform, resolved: { config }, record, open }: Parts): ReplayParts {
  return {
    advantage: () => container.get('advantage'),
    loss: (role) => container.resolve(ConfiguredObjectives).losses[role],
    rewards: async () => {
      const pool = await platform.createRewardPool(container.get('reward'), config.grading);
      open.push(() => pool.dispose());
      return pool;
    },
    model: () => loadModel({ container, platform, seed: config.seed, record, open }),
  };
}

/** The model of the step. An engine makes a policy in any case; beside a critic it gets the critic's own trunk, and is not used. */
async function loadModel({
  container,
  platform,
  seed,
  record,
  open,
}: Omit<Parts, 'resolved'> & { readonly seed: number }): Promise<Model> {
  const { step, weights } = record;
  if (!('role' in step) || weights === null)
    throw new OrzError('ORZ_DATA_MALFORMED', 'this record names no weights', {
      value: weights,
      origin: 'weights',
      remedy: 'Give the file as the run wrote it.',
    });
  const isCritic = step.role === 'critic';
  const base = await loadModelFolder(storageFolder(platform.storage, weights), isCritic ? 'value' : 'language');
  const engine = await container.get('engine').create({
    base: isCritic ? { ...base, weights: () => asLanguageModel(base) } : base,
    optimizer: container.get('optimizer'),
    critic: isCritic,
    reference: step.role === 'reference',
    random: createRandom(seed),
  });
  open.push(() => engine.dispose());
  if (isCritic) await engine.critic!.importWeights(base.weights());
  return engine[step.role]!;
}

/** The weights of a critic without its value head, and zeros for what only a language model has. */
async function* asLanguageModel({ config, weights }: BaseModel): AsyncGenerator<NamedTensor> {
  const open = new Map(decoderParameters(config, 'language').map((spec) => [spec.name, spec]));
  for await (const tensor of weights()) if (open.delete(tensor.name)) yield tensor;
  for (const { name, shape } of open.values())
    yield { name, shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) };
}

import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Layer } from '../../core/config/layers.js';
import { resolveConfig, type ResolvedConfig } from '../../core/config/resolve.js';
import { createRunContainer } from '../../core/container/run-container.js';
import type { NamedTensor } from '../../core/contracts/model.js';
import type { BaseModel } from '../../core/contracts/model-source.js';
import type { RunEvents } from '../../core/contracts/run-events.js';
import { saveModelFolder } from '../../core/model-files/save-model-folder.js';
import { createRandom } from '../../core/random.js';
import type { GatheredConfig } from '../config/gather.js';
import { describedModel } from '../plan/model.js';
import { createNodePlatform } from '../platform/node-platform.js';
import { createFolderStorage } from '../platform/storage.js';
import { shortHash } from './hash.js';

/** A base model that is made on the spot, once for all runs with the same settings of it. */
export interface SharedBase {
  readonly name: string;
  /** Of the model in Hugging Face form. */
  readonly folder: string;
  readonly resolved: ResolvedConfig;
}

/**
 * The base model of an arm, below the folder of the studies. It depends on the settings of the model alone: seed,
 * engine and optimizer that it is made with are those of the study, whatever the arm and the seed of the run, so that
 * runs differ in nothing else. Undefined for a model that need not be made, such as one of a folder or the hub.
 */
export async function sharedBaseOf(
  arm: GatheredConfig,
  common: GatheredConfig,
  folder: string,
): Promise<SharedBase | undefined> {
  const { model } = arm.resolved.config;
  const layer: Layer = { label: 'study: base model', values: { model } };
  const resolved = await resolveConfig([...common.layers, layer], arm.registry);
  const { training } = await describedModel(resolved);
  if (training === undefined) return undefined;
  const { engine, optimizer, backend, seed } = resolved.config;
  const name = `${model.type}-${shortHash({ model, engine, optimizer, backend, seed })}`;
  return { name, folder: join(folder, 'bases', name), resolved };
}

/** The layer that makes a run start from a base model that is there. */
export const baseLayer = ({ folder }: SharedBase): Layer => ({
  label: 'study: base model',
  values: { model: { type: 'huggingface', path: folder } },
});

/**
 * Makes the base model and keeps it, unless it is there. Its weights come from the cache of models where an earlier run
 * made them. Where another study makes the same one meanwhile, whichever is complete first stays: they are equal.
 */
export async function makeBase(base: SharedBase, events: RunEvents, signal: AbortSignal): Promise<void> {
  if (await isFolder(base.folder)) return;
  const random = createRandom(base.resolved.config.seed);
  const platform = createNodePlatform('.');
  const container = await createRunContainer({ resolved: base.resolved, platform, events, random, only: ['model'] });
  try {
    const model = await container.get('model').load({ random, events, signal });
    await keep(model, base.folder);
  } finally {
    await container.dispose();
  }
}

async function keep(model: BaseModel, folder: string): Promise<void> {
  const weights: NamedTensor[] = [];
  for await (const tensor of model.weights()) weights.push(tensor);
  const weightShapes = weights.map(({ name, shape }) => ({ name, shape, dtype: 'f32' as const }));
  async function* exportWeights(): AsyncIterable<NamedTensor> {
    yield* weights;
  }
  const saved = { role: 'policy', tensors: { weightShapes, exportWeights } } as const;
  try {
    await saveModelFolder(createFolderStorage(dirname(folder)), basename(folder), saved, model);
  } catch (error) {
    if (!(await isFolder(folder))) throw error;
  }
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

import type { Engine } from '../contracts/engine.js';
import type { Model } from '../contracts/model.js';
import type { BaseModel } from '../contracts/model-source.js';
import type { Storage } from '../contracts/platform.js';
import { saveModelFolder } from '../checkpoint/save-model-folder.js';

const folder = 'checkpoints';
const numbered = /^checkpoints\/iteration-(\d+)\//;

/** Saves policy and critic in Hugging Face form under `checkpoints/<name>/`. */
export async function saveModels(storage: Storage, engine: Engine, base: BaseModel, name: string): Promise<void> {
  for (const model of [engine.policy, engine.critic]) if (model) await saveModel(storage, model, base, name);
}

/** Saves one model in Hugging Face form under `checkpoints/<name>/<role>`. */
export const saveModel = (storage: Storage, model: Model, base: BaseModel, name: string): Promise<void> =>
  saveModelFolder(storage, `${folder}/${name}/${model.role}`, model, base);

/** Saves the models of an iteration, then removes all but the latest `keep` of such saves. */
export async function saveIteration(storage: Storage, engine: Engine, base: BaseModel, iteration: number, keep: number): Promise<void> {
  await saveModels(storage, engine, base, `iteration-${String(iteration).padStart(6, '0')}`);
  const saved = new Set((await storage.list(`${folder}/`)).flatMap((path) => numbered.exec(path)?.[1] ?? []));
  for (const old of [...saved].sort().slice(0, -keep)) await storage.remove(`${folder}/iteration-${old}`);
}

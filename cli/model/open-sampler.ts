import type { DeviceInfo } from '../../core/contracts/backend.js';
import type { BaseModel } from '../../core/contracts/model-source.js';
import type { Sampler } from '../../core/contracts/sampler.js';
import { statesOf } from '../../core/train/state/engine-state.js';
import type { OpenedModel } from './open-model.js';

/** The weights of a model on its device, and what draws responses from them. */
export interface OpenedSampler {
  readonly sampler: Sampler;
  readonly device: DeviceInfo;
  /** Frees the weights. */
  dispose(): Promise<void>;
}

/** Loads the weights of a model. `through` may replace the base model, for example to look at its weights. */
export async function openSampler(
  model: OpenedModel,
  through: (base: BaseModel) => BaseModel = (base) => base,
): Promise<OpenedSampler> {
  const { container, random, lora } = model;
  const engine = await container.get('engine').create({
    base: through(await model.load()),
    // Nothing is trained here, so that no room is needed for moments.
    optimizer: { ...container.get('optimizer'), state: [] },
    critic: false,
    reference: false,
    random,
    lora,
  });
  try {
    if (model.reference) await statesOf(engine).load(model.reference, { policy: 0 });
    const sampler = await container.get('sampler').create(engine);
    await sampler.sync(engine.policy);
    return { sampler, device: engine.device, dispose: () => engine.dispose() };
  } catch (error) {
    await engine.dispose();
    throw error;
  }
}

/** Loads the weights of a model, and lets `use` draw responses from it. */
export async function withSampler<T>(model: OpenedModel, use: (sampler: Sampler) => Promise<T>): Promise<T> {
  const { sampler, dispose } = await openSampler(model);
  try {
    return await use(sampler);
  } finally {
    await dispose();
  }
}

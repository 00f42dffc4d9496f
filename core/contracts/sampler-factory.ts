import type { Engine } from './engine.js';
import type { Sampler } from './sampler.js';

/** Makes the sampler of a run from its engine; the default one is the engine's own. */
export interface SamplerFactory {
  readonly name: string;
  create(engine: Engine): Promise<Sampler> | Sampler;
}

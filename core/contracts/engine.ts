import type { LoraSettings } from '../compute/nn/lora.js';
import type { BaseModel } from './model-source.js';
import type { Optimizer } from './optimizer.js';
import type { Random } from '../random.js';
import type { Model, ModelRole } from './model.js';
import type { Sampler } from './sampler.js';
import type { DeviceInfo } from './backend.js';

/** What an engine can do; checked against the configuration before anything loads. */
export interface Capabilities {
  /** `any` runs every graph function; a list names the losses a remote engine knows. */
  readonly losses: 'any' | readonly string[];
  readonly optimizers: 'any' | readonly string[];
  readonly roles: readonly ModelRole[];
  readonly stopStrings: boolean;
  readonly topP: boolean;
  readonly topK: boolean;
  readonly fullParameters: boolean;
}

/** Models, sampler and optimizer on one device or cluster. */
export interface Engine {
  readonly capabilities: Capabilities;
  readonly device: DeviceInfo;
  readonly policy: Model;
  readonly critic?: Model;
  readonly reference?: Model;
  readonly sampler: Sampler;
  dispose(): Promise<void>;
}

export interface EngineRequest {
  readonly base: BaseModel;
  readonly optimizer: Optimizer;
  /** Which models to make; the policy always. Each starts from the base weights, the critic with a new value head. */
  readonly critic: boolean;
  readonly reference: boolean;
  readonly random: Random;
  /** Policy and critic are trained through adapters on the base weights; if absent, all their parameters are. */
  readonly lora?: LoraSettings | undefined;
}

/**
 * Makes engines. A local one received its backend when its plugin started; a remote one ignores the weights and names
 * its own.
 */
export interface EngineFactory {
  readonly name: string;
  readonly capabilities: Capabilities;
  /** What it will compute on, where that is known before an engine exists. */
  readonly device?: DeviceInfo;
  create(request: EngineRequest): Promise<Engine>;
}

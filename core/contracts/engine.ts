import type { ParameterChoices } from '../compute/nn/parameter-choices.js';
import type { Random } from '../random.js';
import type { DeviceInfo } from './backend.js';
import type { WeightVersion } from './data.js';
import type { Loss } from './loss.js';
import type { Model, ModelRole } from './model.js';
import type { BaseModel, ModelDescription } from './model-source.js';
import type { Optimizer } from './optimizer.js';
import type { Sampler, SamplingSettings } from './sampler.js';

/** Everything a run asks of an engine. */
export interface EngineDemands extends ParameterChoices {
  /** The models to be made; the policy always. */
  readonly roles: readonly ModelRole[];
  /** The loss each trained model gets; for the policy with the KL term, if one is configured. */
  readonly losses: Readonly<Partial<Record<'policy' | 'critic', Loss>>>;
  readonly optimizer: Optimizer;
  /** Limit of the global L2 norm of a gradient; Infinity for none. */
  readonly maxGradNorm: number;
  /**
   * How training samples, until the template's texts or an end token of the tokenizer; scores and losses use the same
   * temperature.
   */
  readonly sampling: Omit<SamplingSettings, 'stopTokens'>;
  /** How evaluations sample. */
  readonly evaluation: Omit<SamplingSettings, 'stopTokens'>;
  /** The same for the held-out sets that have settings of their own, by their names. */
  readonly evaluationSets: Readonly<Record<string, Omit<SamplingSettings, 'stopTokens'>>>;
  /** What the configuration calls the base model: the path of a repository or folder, or its type. */
  readonly modelName: string;
  /** Ends the asking. */
  readonly signal: AbortSignal;
  /** Architecture and tokenizer of the base model; reads no weights. */
  describe(): Promise<ModelDescription>;
}

/** A setting that an engine would not honour. */
export interface Refusal {
  /** The setting, as in the configuration: `optimizer.beta2`. */
  readonly path: string;
  /** Of the setting, where it is not simply what the configuration says. */
  readonly value?: unknown;
  /** What the engine does, and why. */
  readonly allowed: string;
  /** What to do, as an imperative with a full stop. */
  readonly remedy: string;
}

/** Where an engine keeps a state of its trained models: plain JSON for a checkpoint, readable to people. */
export type StateReference = Readonly<Record<string, string>>;

/**
 * States of all trained models, weights and optimizer, kept by the engine itself under references: how an engine whose
 * models have no `tensors` is saved and resumed.
 */
export interface EngineStates {
  /** Keeps the current state under a new name derived from `name`, and returns where it is once it would last. */
  save(name: string): Promise<StateReference>;
  /** Replaces the state of all trained models; their weights get the `versions` they had when saved. */
  load(reference: StateReference, versions: StateVersions): Promise<void>;
  /** Removes a state that no checkpoint refers to any more; does nothing if it is gone. */
  remove(reference: StateReference): Promise<void>;
}

export interface StateVersions {
  readonly policy: WeightVersion;
  readonly critic?: WeightVersion | undefined;
}

/** What was sent to a server and received from it, and how long that took. */
export interface ServerCosts {
  /** Counts by name, such as bytes and repeated requests. */
  readonly counts: Readonly<Record<string, number>>;
  /** Seconds in which at least one request waited, by what it asked for. */
  readonly seconds: Readonly<Record<string, number>>;
}

/** Models, sampler and optimizer on one device or cluster. */
export interface Engine {
  readonly device: DeviceInfo;
  readonly policy: Model;
  readonly critic?: Model;
  readonly reference?: Model;
  readonly sampler: Sampler;
  /** Present if the models have no `tensors`. */
  readonly states?: EngineStates;
  /** What the way to a server has cost since the last call of this; absent where there is no server. */
  costs?(): ServerCosts;
  dispose(): Promise<void>;
}

export interface EngineRequest extends ParameterChoices {
  /** Its weights must not be read if the factory `hasWeights`. */
  readonly base: BaseModel;
  readonly optimizer: Optimizer;
  /** Which models to make; the policy always. Each starts from the base weights, the critic with a new value head. */
  readonly critic: boolean;
  readonly reference: boolean;
  readonly random: Random;
}

/**
 * Makes engines. A local one received its backend when its plugin started; a remote one names a server that has the
 * weights of the base model.
 */
export interface EngineFactory {
  readonly name: string;
  /** What it will compute on, where that is known before an engine exists. */
  readonly device?: DeviceInfo;
  /** Whether the engine has the weights of the base model itself: then it is described to it, and never loaded. */
  readonly hasWeights?: boolean;
  /** All settings of a run that its engines would not honour. Asked before anything starts; may ask a server. */
  refusals(demands: EngineDemands): Promise<readonly Refusal[]>;
  create(request: EngineRequest): Promise<Engine>;
}

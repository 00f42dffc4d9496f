import type { LocalModel } from '../../core/compute/engine/local-model.js';
import type { LocalModels } from '../../core/compute/engine/local-engine.js';
import { loraTargets } from '../../core/compute/nn/lora.js';
import { Refusal } from '../reward-server/refusal.js';
import type { Memory } from './memory.js';

/** Weights that samples are drawn from. */
export interface SamplingWeights {
  /**
   * The model that has them now, to be asked for while no other job runs on the device. Throws a {@link Refusal} if
   * they are gone.
   */
  open(): Promise<LocalModel>;
  /** Sampling sessions that draw from them. */
  users: number;
}

/** The weights of a policy at one time. Others have a copy once the policy changes. */
export class KeptWeights implements SamplingWeights {
  users = 0;
  private isOwn = false;

  constructor(
    private model: LocalModel | undefined,
    private readonly store: WeightStore,
  ) {}

  /** Before the policy changes. */
  async detach(): Promise<void> {
    const { model } = this;
    if (model === undefined || this.isOwn) return;
    this.model = undefined;
    this.model = await this.store.copy(this, model);
    this.isOwn = true;
  }

  /** Takes the model over from its owner, who needs it no more. */
  adopt(): void {
    if (this.model === undefined || this.isOwn) return;
    this.isOwn = true;
    this.store.hold(this, this.model);
  }

  open(): Promise<LocalModel> {
    if (this.model === undefined) return Promise.reject(evicted());
    if (this.isOwn) this.store.touch(this);
    return Promise.resolve(this.model);
  }

  /** Called by the store, which frees the model. */
  evict(): LocalModel | undefined {
    const model = this.isOwn ? this.model : undefined;
    this.model = undefined;
    return model;
  }
}

const evicted = (): Refusal =>
  new Refusal(
    400,
    'the weights of this sampling session were dropped, since the server keeps only those of the last few: ' +
      'save weights under a name to keep them',
  );

/** Weights of a checkpoint, read when they are needed, and again if they were dropped meanwhile. */
export class SavedWeights implements SamplingWeights {
  users = 0;
  private model: LocalModel | undefined;

  constructor(
    private readonly load: () => Promise<LocalModel>,
    private readonly store: WeightStore,
  ) {}

  async open(): Promise<LocalModel> {
    if (this.model === undefined) this.store.hold(this, (this.model = await this.load()));
    else this.store.touch(this);
    return this.model;
  }

  evict(): LocalModel | undefined {
    const { model } = this;
    this.model = undefined;
    return model;
  }
}

type Owner = KeptWeights | SavedWeights;

/** Holds frozen weights on the device, the least recently used ones only while there is room. */
export class WeightStore {
  /** Bytes by owner, in the order of their last use. */
  private readonly held = new Map<Owner, number>();
  private baseModel: LocalModel | undefined;

  constructor(
    private readonly models: LocalModels,
    private readonly memory: Memory,
    private readonly maxHeld: number,
  ) {}

  /** The base model, which all share who sample from it, compare with it or have adapters on it. */
  async base(): Promise<LocalModel> {
    return (this.baseModel ??= await this.models.create('reference', { lora: anyLora }));
  }

  readonly baseWeights: SamplingWeights = { users: 1, open: () => this.base() };

  keep(policy: LocalModel): KeptWeights {
    return new KeptWeights(policy, this);
  }

  async copy(owner: KeptWeights, model: LocalModel): Promise<LocalModel> {
    this.makeRoom(bytesOf(model));
    const copy = await this.models.copy(model);
    this.hold(owner, copy);
    return copy;
  }

  hold(owner: Owner, model: LocalModel): void {
    this.makeRoom(bytesOf(model));
    this.memory.take(bytesOf(model));
    this.held.set(owner, bytesOf(model));
  }

  touch(owner: Owner): void {
    const bytes = this.held.get(owner);
    if (bytes === undefined) return;
    this.held.delete(owner);
    this.held.set(owner, bytes);
  }

  /** A sampling session ends; weights that no other draws from are freed. */
  leave(weights: SamplingWeights): void {
    weights.users--;
    if (weights.users === 0 && (weights instanceof KeptWeights || weights instanceof SavedWeights)) this.free(weights);
  }

  private makeRoom(bytes: number): void {
    for (const oldest of this.held.keys()) {
      if (this.held.size < this.maxHeld && this.memory.hasRoom(bytes)) return;
      this.free(oldest);
    }
  }

  private free(owner: Owner): void {
    const bytes = this.held.get(owner);
    if (bytes === undefined) return;
    this.held.delete(owner);
    this.memory.give(bytes);
    const model = owner.evict();
    if (model !== undefined) this.models.release(model);
  }
}

/** Asks for weights that models with adapters share; a reference has no adapters itself. */
const anyLora = { rank: 1, alpha: 1, targets: loraTargets };

const bytesOf = (model: LocalModel): number => 4 * model.parameterCount;

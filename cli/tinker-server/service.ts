import type { LocalModels } from '../../core/compute/engine/local-engine.js';
import { trainedParameters } from '../../core/compute/nn/lora.js';
import { countParameters, decoderParameters } from '../../core/compute/nn/parameters.js';
import type { ModelDescription } from '../../core/contracts/model-source.js';
import type { Optimizer } from '../../core/contracts/optimizer.js';
import { createRandom } from '../../core/random.js';
import { Refusal } from '../reward-server/refusal.js';
import type { Checkpoints } from './checkpoints.js';
import type { ModelSizes } from './datum.js';
import { DeviceQueue } from './device-queue.js';
import { Futures } from './futures.js';
import type { ServerLimits } from './limits.js';
import type { PluginLosses } from './losses.js';
import { Memory } from './memory.js';
import type { Outcome } from './outcome.js';
import { Sampler } from './sampler.js';
import { ServedModel, type ModelSpec } from './served-model.js';
import { Repeats } from './repeats.js';
import { newId, Sessions, type Session } from './sessions.js';
import { WeightStore, type SamplingWeights } from './weights.js';

/** What is served, and with what it is computed. */
export interface ServiceParts {
  /** Under which name clients ask for the base model. */
  readonly modelName: string;
  readonly description: ModelDescription;
  readonly models: LocalModels;
  readonly losses: PluginLosses;
  /** AdamW with these settings. */
  readonly adam: (settings: AdamSettings) => Optimizer;
  readonly checkpoints: Checkpoints;
  readonly limits: ServerLimits;
  /** Told what went wrong at the server, and when sessions end. */
  readonly log: (message: string) => void;
}

export interface AdamSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

/** Weights that a client samples from. */
export interface SamplingSession {
  readonly id: string;
  readonly session: string;
  readonly weights: SamplingWeights;
  /** Absent for those of the base model, and for those that have no name. */
  readonly path: string | undefined;
  readonly repeats: Session['repeats'];
}

/** How a request of a model is told from others, and what it takes until it is executed. */
export interface Submission {
  readonly sequence: number | undefined;
  readonly digest: () => string;
  /** Memory that it holds while it waits. */
  readonly bytes: number;
}

export interface CreatedModel {
  readonly model: ServedModel;
  /** Resolves when it can be used. */
  readonly made: Promise<void>;
}

const numberedId = (session: string, number: number): string => `${session}:train:${number}`;

const maxSamplers = 100_000;

/** The state of the server: who its clients are, which models they have, and what is computed for them. */
export class Service {
  readonly device = new DeviceQueue();
  readonly futures: Futures;
  readonly sessions: Sessions;
  readonly sampler: Sampler;
  readonly memory: Memory;
  readonly weights: WeightStore;
  private readonly models = new Map<string, ServedModel>();
  /** Ids of models by session and number. */
  private readonly numbered = new Map<string, string>();
  private readonly samplers = new Map<string, SamplingSession>();
  private readonly busy = new Map<string, number>();
  private waitingBytes = 0;

  constructor(readonly parts: ServiceParts) {
    const { limits, models } = parts;
    this.futures = new Futures(limits);
    this.memory = new Memory(limits.memoryBytes);
    this.weights = new WeightStore(models, new Memory(limits.memoryBytes / 2), limits.maxKeptWeights);
    this.sampler = new Sampler(models, this.device);
    this.sessions = new Sessions(
      limits.sessionTimeoutMs,
      ({ id }) => (this.busy.get(id) ?? 0) > 0,
      (session) => {
        this.endSession(session);
      },
    );
  }

  get sizes(): ModelSizes {
    return this.parts.description.config;
  }

  requireBase(name: string): void {
    const { modelName } = this.parts;
    if (name !== modelName)
      throw new Refusal(400, `this server has the base model ${modelName}, not ${name.slice(0, 300)}`, 'base_model');
  }

  /**
   * Throws a {@link Refusal} for a model that is unknown or no more there. SDKs call one that they made of a checkpoint
   * by its session and its number in there.
   */
  model(id: string): ServedModel {
    const model = this.models.get(this.numbered.get(id) ?? id);
    if (model === undefined)
      throw new Refusal(404, `there is no model ${id.slice(0, 100)}: it was unloaded, or its session expired`);
    this.sessions.touch(model.session);
    return model;
  }

  /** Makes a model when the device is free. Throws a {@link Refusal} if there is no room. */
  createModel(session: Session, spec: ModelSpec): CreatedModel {
    const bytes = this.bytesOf(spec);
    this.memory.require(bytes);
    this.memory.take(bytes);
    const model = new ServedModel(newId('model'), session.id, spec, this.weights);
    this.models.set(model.id, model);
    if (spec.number !== undefined) this.numbered.set(numberedId(session.id, spec.number), model.id);
    const made = this.device.run(async () => {
      try {
        model.begin(await this.make(spec));
      } catch (error) {
        this.memory.give(bytes);
        this.forget(model);
        throw error;
      }
    });
    return { model, made };
  }

  /** Frees a model when all that was asked of it is done. */
  async unload(model: ServedModel): Promise<void> {
    this.forget(model);
    await this.device.run(() => Promise.resolve(this.discard(model)));
  }

  /** Frees a model; only while no other job runs on the device. */
  discard(model: ServedModel): void {
    if (model.local === undefined) return;
    const free = model.unload();
    this.memory.give(this.bytesOf(model.spec));
    if (free !== undefined) this.parts.models.release(free);
  }

  /** What `answer` gives; if it refuses, requests with higher numbers need not wait for this one. */
  attempt(model: ServedModel, sequence: number | undefined, answer: () => object): object {
    try {
      return answer();
    } catch (error) {
      // What may be sent again later keeps its place.
      if (!(error instanceof Refusal && error.status === 429)) model.order.skip(sequence);
      throw error;
    }
  }

  /** Executes `work` for a model when its turn comes; the reply says under which id its result is fetched. */
  submit(model: ServedModel, { sequence, digest, bytes }: Submission, work: () => Promise<Outcome>): object {
    return model.repeats.once(sequence, digest, () => {
      if (this.waitingBytes + bytes > this.parts.limits.maxWaitingBytes)
        throw new Refusal(429, 'requests that wait fill the memory: come back later', undefined, {
          'retry-after': '1',
        });
      let release = (): void => undefined;
      const outcome = new Promise<Outcome>((resolve, reject) => {
        release = () => void this.device.run(work).then(resolve, reject);
      });
      model.order.add(sequence, release);
      this.waitingBytes += bytes;
      const result = outcome.finally(() => (this.waitingBytes -= bytes));
      return { request_id: this.open(model.session, result), model_id: model.id };
    });
  }

  /** A future of a session, which does not expire before it has come. */
  open(session: string, work: Promise<Outcome>): string {
    this.busy.set(session, (this.busy.get(session) ?? 0) + 1);
    const done = work.finally(() => {
      const left = (this.busy.get(session) ?? 1) - 1;
      if (left === 0) this.busy.delete(session);
      else this.busy.set(session, left);
    });
    return this.futures.open(done, (error) => {
      if (!(error instanceof Refusal)) this.parts.log(error instanceof Error ? error.message : String(error));
    });
  }

  openSampler(session: string, weights: SamplingWeights, path?: string): SamplingSession {
    if (this.samplers.size >= maxSamplers) throw new Refusal(429, `${maxSamplers} sampling sessions are open already`);
    weights.users++;
    const opened = { id: newId('sampling'), session, weights, path, repeats: new Repeats<object>() };
    this.samplers.set(opened.id, opened);
    return opened;
  }

  requireSampler(id: string): SamplingSession {
    const found = this.samplers.get(id);
    if (found === undefined) throw new Refusal(404, `there is no sampling session ${id.slice(0, 100)}`);
    this.sessions.touch(found.session);
    return found;
  }

  /** Stops what is being computed; models and buffers are those of the caller. */
  async close(): Promise<void> {
    this.sessions.close();
    this.futures.close();
    for (const model of this.models.values()) model.order.close();
    await this.device.close(new Refusal(503, 'the server was stopped'));
  }

  private forget({ id, session, spec: { number } }: ServedModel): void {
    this.models.delete(id);
    if (number !== undefined) this.numbered.delete(numberedId(session, number));
  }

  private async make({ role, lora, seed }: ModelSpec) {
    if (role === 'reference') return this.weights.base();
    const random = seed === undefined ? {} : { random: createRandom(seed) };
    return this.parts.models.create(role, { lora, ...random });
  }

  /** In f32 weights and gradients, and two moments of what is trained; the reference is shared. */
  private bytesOf({ role, lora }: ModelSpec): number {
    if (role === 'reference') return 0;
    const all = decoderParameters(this.parts.description.config, role === 'critic' ? 'value' : 'language');
    return 8 * (countParameters(all) + countParameters(trainedParameters(all, lora)));
  }

  private endSession({ id }: Session): void {
    const models = [...this.models.values()].filter(({ session }) => session === id);
    const samplers = [...this.samplers.values()].filter(({ session }) => session === id);
    this.parts.log(`session ${id} has ended; ${models.length} models are unloaded`);
    for (const { id: sampler } of samplers) this.samplers.delete(sampler);
    for (const model of models) void this.unload(model).catch(() => undefined);
    const leave = (): Promise<void> => {
      for (const { weights } of samplers) this.weights.leave(weights);
      return Promise.resolve();
    };
    // The device may be sampling from them right now.
    if (samplers.length > 0) void this.device.run(leave).catch(() => undefined);
  }
}

import type { Engine, EngineFactory, EngineStates, StateReference } from '../../core/contracts/engine.js';
import type { CallOptions, Model, NamedTensor } from '../../core/contracts/model.js';
import type { SampleOptions, Sampler } from '../../core/contracts/sampler.js';
import { tensorsOf } from '../../core/model-files/model-tensors.js';
import { OrzError } from '../../core/errors.js';
import { createRandom } from '../../core/random.js';

/** What befalls the calls of an engine that is far away. */
export interface Distance {
  /** Most milliseconds that a message takes each way. */
  readonly latencyMs?: number;
  /** Share of the replies that get lost; the call is then repeated under its number. */
  readonly lost?: number;
  /** The server starts anew before the call of this number, from 1: saved states are there, models are not. */
  readonly restartBefore?: number;
  /** Whether models lend their tensors, as the conformance suites need; states are kept all the same. */
  readonly lendsTensors?: boolean;
}

/** The server's disk: states by reference. It outlives engines. */
export type SavedStates = Map<string, Readonly<Record<string, readonly (readonly NamedTensor[])[]>>>;

/** A local engine behind messages: nothing but copies goes in and out. */
export function remoteEngine(local: EngineFactory, distance: Distance = {}, disk: SavedStates = new Map()) {
  const factory: EngineFactory = {
    name: 'far away',
    hasWeights: true,
    refusals: () => Promise.resolve([]),
    create: async (request) => new FarEngine(await local.create(request), new Wire(distance), disk).client(distance),
  };
  return { factory, disk };
}

/** Every call has a number; the far side answers a number that it knows from memory, so that nothing happens twice. */
class Wire {
  private calls = 0;
  private readonly answers = new Map<number, Promise<unknown>>();
  private readonly uniform;
  restarted = false;

  constructor(private readonly distance: Distance) {
    const stream = createRandom(distance.restartBefore ?? 1).stream('wire');
    let drawn = 0;
    this.uniform = () => stream.uniform(drawn++);
  }

  async call<T>(work: () => Promise<T>): Promise<T> {
    const { restartBefore, lost = 0 } = this.distance;
    const number = ++this.calls;
    if (number === restartBefore) this.restarted = true;
    for (;;) {
      await this.travel();
      const answer = this.answers.get(number) ?? work();
      this.answers.set(number, answer);
      answer.catch(() => undefined);
      const copy = answer.then((value) => structuredClone(value)) as Promise<T>;
      copy.catch(() => undefined);
      await this.travel();
      if (this.uniform() >= lost) return copy;
    }
  }

  private travel(): Promise<void> {
    const { latencyMs = 0 } = this.distance;
    return latencyMs === 0
      ? Promise.resolve()
      : new Promise((resolve) => setTimeout(resolve, latencyMs * this.uniform()));
  }
}

const serverGone = () =>
  new OrzError('ORZ_SERVER_STATE', 'The server has started anew and lost its models', {
    origin: 'far away',
    remedy: 'Resume the run.',
  });

class FarEngine {
  constructor(
    private readonly engine: Engine,
    private readonly wire: Wire,
    private readonly disk: SavedStates,
  ) {}

  client({ lendsTensors = false }: Distance): Engine {
    const { engine, wire } = this;
    const far = (model: Model): FarModel => farModel(model, this, lendsTensors);
    const policy = far(engine.policy);
    const critic = engine.critic && far(engine.critic);
    const reference = engine.reference && far(engine.reference);
    return {
      device: { ...engine.device, device: 'far away' },
      policy,
      sampler: this.sampler(engine.sampler),
      states: this.states(),
      ...(critic && { critic }),
      ...(reference && { reference }),
      dispose: () => wire.call(() => engine.dispose()),
    };
  }

  call<T>(work: () => Promise<T>): Promise<T> {
    return this.wire.call(async () => {
      if (this.wire.restarted) throw serverGone();
      return work();
    });
  }

  private sampler(sampler: Sampler): Sampler {
    return {
      get version() {
        return sampler.version;
      },
      sync: (policy) => this.call(() => sampler.sync((policy as FarModel).local ?? policy)),
      sample: async (requests, { signal, onToken, onDone }: SampleOptions = {}) => {
        signal?.throwIfAborted();
        const completions = await this.call(() => sampler.sample(structuredClone(requests)));
        for (const completion of completions) {
          signal?.throwIfAborted();
          for (const token of completion.tokens) onToken?.(completion.request, completion.sample, token);
          onDone?.(completion);
        }
        return completions;
      },
    };
  }

  private states(): EngineStates {
    const { engine, wire, disk } = this;
    const trained = [engine.policy, ...(engine.critic ? [engine.critic] : [])];
    return {
      save: (name) =>
        this.call(async () => {
          const path = `far://${name}-${disk.size}`;
          const models = trained.map(async (model) => {
            const tensors = tensorsOf(model);
            const state = [await copies(tensors.exportWeights()), await copies(tensors.exportOptimizer())];
            return [model.role, state] as const;
          });
          disk.set(path, Object.fromEntries(await Promise.all(models)));
          return Object.fromEntries(trained.map(({ role }) => [role, path]));
        }),
      load: (reference, versions) =>
        wire.call(async () => {
          for (const model of trained) {
            const [weights = [], optimizer = []] = disk.get(pathOf(reference, model.role))?.[model.role] ?? [];
            if (weights.length === 0) throw serverGone();
            await tensorsOf(model).importWeights(weights, versions[model.role as 'policy' | 'critic']);
            await tensorsOf(model).importOptimizer(optimizer);
          }
          wire.restarted = false;
        }),
      remove: (reference) =>
        this.call(async () => {
          for (const path of Object.values(reference)) disk.delete(path);
        }),
    };
  }
}

const pathOf = (reference: StateReference, role: string): string => reference[role] ?? '';

async function copies(tensors: AsyncIterable<NamedTensor>): Promise<NamedTensor[]> {
  const all: NamedTensor[] = [];
  for await (const { name, shape, data } of tensors) all.push({ name, shape, data: data.slice() });
  return all;
}

interface FarModel extends Model {
  /** The model itself, for the sampler of its engine. */
  readonly local?: Model;
}

function farModel(model: Model, far: FarEngine, lendsTensors: boolean): FarModel {
  const started = ({ signal }: CallOptions = {}): void => {
    signal?.throwIfAborted();
  };
  return {
    local: model,
    role: model.role,
    parameterCount: model.parameterCount,
    get version() {
      return model.version;
    },
    ...(lendsTensors && { tensors: tensorsOf(model) }),
    forward: async (sequences, options = {}) => {
      started(options);
      const { signal: _, onProgress, ...rest } = options;
      const scores = await far.call(() => model.forward(structuredClone(sequences), rest));
      onProgress?.(1);
      return scores;
    },
    accumulate: async (sequences, loss, options = {}) => {
      started(options);
      const { signal: _, onProgress, ...rest } = options;
      const report = await far.call(() => model.accumulate(structuredClone(sequences), loss, rest));
      onProgress?.(1);
      return report;
    },
    step: (options) => far.call(() => model.step({ ...options })),
  };
}

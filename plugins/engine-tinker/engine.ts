import { countParameters, decoderParameters } from '../../core/compute/nn/parameters.js';
import type { DeviceInfo } from '../../core/contracts/backend.js';
import type { Engine, EngineFactory, EngineRequest } from '../../core/contracts/engine.js';
import type { ModelRole } from '../../core/contracts/model.js';
import { CostMeter } from './costs.js';
import type { EngineContext } from './context.js';
import { serverNotKnown } from './errors.js';
import { TinkerModel } from './model.js';
import { contextOf, refusalsOf } from './refusals.js';
import { TinkerSampler } from './sampler.js';
import { serverKindOf } from './servers.js';
import type { TinkerSettings } from './settings.js';
import { TinkerStates } from './states.js';
import { serverCapabilities } from './transport/capabilities.js';
import { TinkerConnection } from './transport/connection.js';
import { TinkerSession } from './transport/session.js';

/**
 * Models, optimizer and sampler at a server of the Tinker API. Our loop, rewards, advantages, losses and views stay
 * here; see docs/cluster.md for what each kind of server does.
 */
export function createTinkerEngine(settings: TinkerSettings, key: string | undefined): EngineFactory {
  const connect = (times = {}) => new TinkerConnection({ url: settings.url, key, times });
  return {
    name: 'tinker',
    hasWeights: true,
    refusals: async (demands) => {
      const server = await serverCapabilities(connect(firstContact), demands.signal);
      return refusalsOf(demands, settings, server);
    },
    create: (request) => openEngine(settings, connect(), request),
  };
}

/** Before anything has started, a server that is not there is worth no long wait. */
const firstContact = { patienceMs: 8_000, attemptMs: 8_000 };

async function openEngine(
  settings: TinkerSettings,
  connection: TinkerConnection,
  request: EngineRequest,
): Promise<Engine> {
  const { base, optimizer, random } = request;
  const server = await serverCapabilities(connection);
  const kind = serverKindOf(settings.server, server.orz);
  if (kind === undefined) throw serverNotKnown(connection.url);
  const { maxChunkDatums, maxChunkBytes, maxSamplesInFlight } = settings;
  const limits = { maxChunkDatums, maxChunkBytes, maxSamplesInFlight };
  const session = await TinkerSession.open(connection, { limits });
  const baseModel = settings.baseModel ?? server.models[0]?.name ?? '';
  const maxPositions = Math.min(base.config.maxPositions, contextOf(server, baseModel) ?? Infinity);
  const context: EngineContext = { kind, settings, config: { ...base.config, maxPositions }, optimizer };
  const made = new RemoteModels(context, session, { ...request, baseModel });
  const meter = new CostMeter(connection.traffic);
  const policy = made.create('policy');
  const critic = request.critic ? made.create('critic') : undefined;
  const reference = request.reference ? made.create('reference') : undefined;
  return {
    device: deviceOf(kind.name, connection.url, [
      `model ${baseModel}`,
      ...(kind.name === 'skyrl-fsdp' ? [`data parallelism ${settings.dataParallel}`] : []),
    ]),
    policy,
    sampler: new TinkerSampler(context, base.tokenizer, random.seed),
    states: new TinkerStates(connection, { policy, ...(critic && { critic }) }),
    ...(critic && { critic }),
    ...(reference && { reference }),
    costs: () => meter.read(),
    dispose: () => made.dispose(),
  };
}

const deviceOf = (server: string, url: string, notes: readonly string[]): DeviceInfo => ({
  backend: 'tinker',
  device: `${server} at ${url}`,
  deterministic: server === 'orz',
  notes,
});

/** Makes the models of one session, one after another: the policy must be there before a critic. */
class RemoteModels {
  private readonly models: TinkerModel[] = [];
  private making: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly context: EngineContext,
    private readonly session: TinkerSession,
    private readonly request: EngineRequest & { readonly baseModel: string },
  ) {}

  create(role: ModelRole): TinkerModel {
    const { base, baseModel, lora, random } = this.request;
    const count = countParameters(decoderParameters(base.config, role === 'critic' ? 'value' : 'language'));
    const model = new TinkerModel(this.context, role, count, async (checkpoint) => {
      const [policy] = this.models;
      if (role !== 'policy') await policy?.remote();
      return this.inTurn(() =>
        this.session.createModel({
          baseModel,
          role,
          rank: role === 'reference' ? 0 : (lora?.rank ?? 0),
          seed: random.seed,
          ...(checkpoint !== undefined && { checkpoint: { path: checkpoint, withOptimizer: true } }),
        }),
      );
    });
    this.models.push(model);
    return model;
  }

  /** Models first: the server ends a session that is silent, but not at once. */
  async dispose(): Promise<void> {
    try {
      for (const model of [...this.models].reverse()) await model.unload();
    } finally {
      await this.session.close();
    }
  }

  private inTurn<T>(make: () => Promise<T>): Promise<T> {
    const next = this.making.then(make);
    this.making = next.catch(() => undefined); // Whoever asked for it sees the failure.
    return next;
  }
}

import * as z from 'zod';
import type { Backend } from '../../contracts/backend.js';
import type { Engine, EngineFactory, EngineRequest } from '../../contracts/engine.js';
import type { ModelRole } from '../../contracts/model.js';
import type { Random, RandomStream } from '../../random.js';
import type { LoraSettings } from '../nn/lora.js';
import { chosenParameters, untrained } from '../nn/parameter-choices.js';
import { initialValues, valueHeadName, type HeadKind, type ParameterSpec } from '../nn/parameters.js';
import { RotaryTable } from '../nn/rotary-angles.js';
import type { ContinuousBatchParts } from './continuous-batch.js';
import { vocabularyTooSmall } from './errors.js';
import { networkOf } from './choose-network.js';
import { LocalModel } from './local-model.js';
import { LocalSampler } from './local-sampler.js';
import { LoraAdapters } from './lora-adapters.js';
import { Parameters, type NamedTensors, type StateLayout, type WeightFallback } from './parameters.js';
import { ProgramCache } from './programs.js';

export const localEngineSettings = z.object({
  microBatchTokens: z
    .int()
    .min(16)
    .default(2048)
    .describe('Tokens per micro-batch; bounds activation memory, never changes a result beyond rounding'),
  rowTokens: z
    .int()
    .min(16)
    .default(128)
    .describe('Minimum length of a packed row in tokens; shorter sequences share rows'),
  maxSlots: z.int().min(2).default(256).describe('Maximum number of sequences that the sampler decodes together'),
  programs: z
    .enum(['auto', 'fused', 'blocks'])
    .default('auto')
    .describe(
      'One program for the whole network, or one per block with checkpointing; ' +
        'auto takes one where a micro-batch needs at most 2 GiB in it',
    ),
});

export type LocalEngineSettings = z.infer<typeof localEngineSettings>;

/** Models, optimizer and sampler over any backend in this process. */
export function createLocalEngine(settings: LocalEngineSettings, backend: Backend): EngineFactory {
  return {
    name: 'local',
    device: backend.info,
    refusals: () => Promise.resolve([]),
    create: (request) => createEngine(settings, backend, request),
  };
}

async function createEngine(settings: LocalEngineSettings, backend: Backend, request: EngineRequest): Promise<Engine> {
  const models = new LocalModels(settings, backend, request);
  try {
    const policy = await models.create('policy');
    const critic = request.critic ? await models.create('critic') : undefined;
    const reference = request.reference ? await models.create('reference') : undefined;
    return {
      device: backend.info,
      policy,
      sampler: models.createSampler(),
      ...(critic && { critic }),
      ...(reference && { reference }),
      dispose: () => models.dispose(),
    };
  } catch (error) {
    await models.dispose();
    throw error;
  }
}

/** What models are made of; adapters may differ from model to model. */
export type LocalModelsRequest = Pick<EngineRequest, 'base' | 'optimizer' | 'random' | 'lora' | 'dtypes' | 'frozen'>;

/**
 * Makes the models and the sampler of one engine, or of a server, and owns what they share: programs, and below
 * adapters one copy of the base weights.
 */
export class LocalModels {
  private readonly models = new Set<LocalModel>();
  private readonly programs: ProgramCache;
  private readonly rotary: RotaryTable;
  private baseWeights?: Promise<Parameters>;

  constructor(
    private readonly settings: LocalEngineSettings,
    private readonly backend: Backend,
    private readonly request: LocalModelsRequest,
  ) {
    const { config, tokenizer } = request.base;
    if (tokenizer.vocabSize > config.vocabSize) throw vocabularyTooSmall(tokenizer.vocabSize, config.vocabSize);
    this.programs = new ProgramCache(backend);
    this.rotary = new RotaryTable(request.base.config);
  }

  /**
   * A model with the weights of the base; a critic gets a fresh value head if the base has none. `changes` replace
   * parts of the request for this model: its adapters, and what they are drawn from.
   */
  async create(
    role: ModelRole,
    changes: Partial<Pick<LocalModelsRequest, 'lora' | 'random'>> = {},
  ): Promise<LocalModel> {
    const request = { ...this.request, ...changes };
    if (request.lora) return this.createOnBase(role, { ...request, lora: request.lora });
    const { base, random } = request;
    const layout = { specs: this.specsOf(role), state: this.stateLayout };
    const fallback = role === 'critic' ? freshValueHead(random) : undefined;
    return this.modelOf(role, await Parameters.load(this.backend, layout, base.weights(), fallback), { random });
  }

  /** A frozen model with the weights that a policy has now; its version is its own. */
  async copy({ adapters, parameters }: LocalModel): Promise<LocalModel> {
    const merged = await adapters?.copyMerged();
    if (merged) return this.modelOf('reference', merged);
    const layout = { specs: untrained(parameters.specs) };
    return this.modelOf('reference', await Parameters.load(this.backend, layout, parameters.exportValues()));
  }

  /** A frozen language model with these weights, for example those of a checkpoint. */
  async frozen(weights: NamedTensors): Promise<LocalModel> {
    const layout = { specs: this.specsOf('reference') };
    return this.modelOf('reference', await Parameters.load(this.backend, layout, weights));
  }

  /** Frees what a model holds on the device. */
  release(model: LocalModel): void {
    if (this.models.delete(model)) model.dispose();
  }

  createSampler(): LocalSampler {
    return new LocalSampler(this.samplingParts(this.request.random.stream('sampler')));
  }

  /** What a {@link ContinuousBatch} needs beside weights and requests. */
  samplingParts(random: ContinuousBatchParts['random']): ContinuousBatchParts {
    const { config, tokenizer } = this.request.base;
    const { backend, programs, rotary, settings: limits } = this;
    return { backend, config, tokenizer, programs, rotary, limits, random, maxLanes: limits.maxSlots };
  }

  async dispose(): Promise<void> {
    for (const model of this.models) model.dispose();
    this.models.clear();
    // A base that could not be loaded has been reported to who asked for it.
    (await this.baseWeights?.catch(() => undefined))?.dispose();
    await this.programs.dispose();
  }

  /** Adapters on the shared base weights, or these alone for the reference model. */
  private async createOnBase(
    role: ModelRole,
    { lora, random }: LocalModelsRequest & { readonly lora: LoraSettings },
  ): Promise<LocalModel> {
    const { backend, programs } = this;
    const specs = this.specsOf(role).map((spec) => (spec.name === valueHeadName ? valueHeadInF32(spec) : spec));
    const shared = await this.sharedBase();
    if (role === 'reference')
      return this.modelOf(role, new Parameters(backend, { specs }, (name) => shared.value(name)));
    const adapters = await LoraAdapters.create({
      backend,
      programs,
      state: this.stateLayout,
      lora,
      specs,
      base: shared,
      stream: random.stream(`lora ${role}`),
      rounding: roundingStream(random, role),
      valueHead: role === 'critic' ? freshValueHead(random) : undefined,
    });
    return this.modelOf(role, adapters.merged, { random, adapters });
  }

  private sharedBase(): Promise<Parameters> {
    const { base } = this.request;
    const layout = { specs: this.specsOf('reference') };
    this.baseWeights ??= Parameters.load(this.backend, layout, base.weights());
    return this.baseWeights;
  }

  private get stateLayout(): StateLayout {
    const { optimizer, dtypes } = this.request;
    return { names: optimizer.state, dtype: dtypes?.moments ?? 'f32' };
  }

  private specsOf(role: ModelRole): ParameterSpec[] {
    const specs = chosenParameters(this.request.base.config, headOf(role), this.request);
    return role === 'reference' ? untrained(specs) : specs;
  }

  private modelOf(
    role: ModelRole,
    parameters: Parameters,
    { random, adapters }: { readonly random?: Random; readonly adapters?: LoraAdapters } = {},
  ): LocalModel {
    const { backend, programs, rotary, settings } = this;
    const { base, optimizer } = this.request;
    const rounding = roundingStream(random ?? this.request.random, role);
    const parts = { backend, config: base.config, head: headOf(role), parameters, programs, rotary };
    const network = networkOf(parts, settings);
    const model = new LocalModel({ ...parts, role, optimizer, rounding, limits: settings, network, adapters });
    this.models.add(model);
    return model;
  }
}

function freshValueHead(random: Random): WeightFallback {
  const stream = random.stream('value head');
  return (spec, index) => (spec.name === valueHeadName ? initialValues(spec, stream, index) : undefined);
}

const roundingStream = (random: Random, role: ModelRole): RandomStream => random.stream(`rounding ${role}`);

/** Trained beside adapters, and small. */
const valueHeadInF32 = (spec: ParameterSpec): ParameterSpec => ({ ...spec, dtype: 'f32' });

const headOf = (role: ModelRole): HeadKind => (role === 'critic' ? 'value' : 'language');

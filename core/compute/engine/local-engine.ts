import { z } from 'zod';
import { OrzError } from '../../errors.js';
import type { Backend } from '../../contracts/backend.js';
import type { Capabilities, Engine, EngineFactory, EngineRequest } from '../../contracts/engine.js';
import type { ModelRole } from '../../contracts/model.js';
import { countParameters, decoderParameters, initialValues, type HeadKind } from '../nn/parameters.js';
import { RotaryTable } from '../nn/rotary-angles.js';
import { BlockNetwork } from './block-network.js';
import { FusedNetwork } from './fused-network.js';
import { LocalModel } from './local-model.js';
import { LocalSampler } from './local-sampler.js';
import type { NetworkParts } from './network.js';
import { Parameters } from './parameters.js';
import { ProgramCache } from './programs.js';

export const localEngineSettings = z.object({
  microBatchTokens: z
    .int()
    .min(16)
    .default(2048)
    .describe('Tokens per micro-batch; bounds activation memory, never changes a result beyond rounding'),
  rowTokens: z.int().min(16).default(128).describe('Shortest packed row in tokens; shorter sequences share rows'),
  maxSlots: z.int().min(2).default(256).describe('Sequences the sampler decodes together'),
  programs: z
    .enum(['auto', 'fused', 'blocks'])
    .default('auto')
    .describe(
      'One program for the whole network, or one per block with checkpointing; auto fuses below 8 M parameters',
    ),
});

export type LocalEngineSettings = z.infer<typeof localEngineSettings>;

/** Below this many parameters the cost of a program call outweighs what checkpointing saves. */
const fuseBelow = 8e6;

const capabilities: Capabilities = {
  losses: 'any',
  optimizers: 'any',
  roles: ['policy', 'critic', 'reference'],
  stopStrings: true,
  topP: true,
  topK: true,
  fullParameters: true,
};

/** Models, optimizer and sampler over any backend in this process. */
export function createLocalEngine(settings: LocalEngineSettings, backend: Backend): EngineFactory {
  return {
    name: 'local',
    capabilities,
    device: backend.info,
    create: (request) => createEngine(settings, backend, request),
  };
}

async function createEngine(settings: LocalEngineSettings, backend: Backend, request: EngineRequest): Promise<Engine> {
  const { base, optimizer, random } = request;
  const { config, tokenizer } = base;
  if (tokenizer.vocabSize > config.vocabSize) {
    throw new OrzError('ORZ_TOKENIZER', `the tokenizer has ${tokenizer.vocabSize} ids, the model ${config.vocabSize}`, {
      remedy: 'use the tokenizer the model was made with',
    });
  }
  const programs = new ProgramCache(backend);
  const rotary = new RotaryTable(config);
  const models: LocalModel[] = [];
  const makeModel = async (role: ModelRole): Promise<LocalModel> => {
    const head: HeadKind = role === 'critic' ? 'value' : 'language';
    const specs = decoderParameters(config, head);
    const fallback =
      role === 'critic'
        ? (spec: (typeof specs)[number], index: number): Float32Array | undefined =>
            spec.name.startsWith('value_head') ? initialValues(spec, random.stream('value head'), index) : undefined
        : undefined;
    const parameters = await Parameters.load(backend, specs, optimizer.state, base.weights(), fallback);
    const parts: NetworkParts = { backend, config, head, parameters, programs, rotary };
    const fused = settings.programs === 'fused' || (settings.programs === 'auto' && countParameters(specs) < fuseBelow);
    const model = new LocalModel({
      role,
      config,
      backend,
      programs,
      parameters,
      optimizer,
      limits: settings,
      network: fused ? new FusedNetwork(parts) : new BlockNetwork(parts),
    });
    models.push(model);
    return model;
  };
  const dispose = async (): Promise<void> => {
    for (const model of models) model.parameters.dispose();
    await programs.dispose();
  };
  try {
    const policy = await makeModel('policy');
    const critic = request.critic ? await makeModel('critic') : undefined;
    const reference = request.reference ? await makeModel('reference') : undefined;
    const sampler = new LocalSampler({
      backend,
      config,
      tokenizer,
      programs,
      rotary,
      limits: settings,
      random: random.stream('sampler'),
      maxSlots: settings.maxSlots,
    });
    return {
      capabilities,
      device: backend.info,
      policy,
      sampler,
      ...(critic && { critic }),
      ...(reference && { reference }),
      dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

import { roundLength } from '../../../core/compute/engine/packing.js';
import type { ResolvedConfig } from '../../../core/config/resolve.js';
import { parameterChoices } from '../../../core/config/schema.js';
import { createRunContainer, type RunContainer } from '../../../core/container/run-container.js';
import type { DecoderConfig } from '../../../core/compute/nn/config.js';
import type { Engine } from '../../../core/contracts/engine.js';
import {
  likelyLengths,
  maxCapacity,
  passOperations,
  trainedParameters,
  type DeviceSpeed,
  type Lengths,
  type PerModel,
} from '../../../core/plan/time.js';
import { forwardOperations } from '../../../core/plan/operations.js';
import type { PlanRequest } from '../../../core/plan/types.js';
import { createRandom } from '../../../core/random.js';
import { silentEvents } from '../../../core/silent-events.js';
import { ConfiguredObjectives } from '../../../core/train/loop/objectives.js';
import { createNodePlatform } from '../../platform/node-platform.js';
import { batchOf } from './probe-batch.js';
import { timeDecoding } from './time-decoding.js';
import { isMeasuredWhole, probeModel, probeNetwork } from './probe-network.js';
import { timeModel, type ModelTimes } from './time-model.js';

/** What the speed of a run is measured with. */
export interface SpeedRequest {
  readonly resolved: ResolvedConfig;
  readonly request: PlanRequest & { readonly architecture: DecoderConfig };
}

/** The speed, and the device it is that of. */
export interface MeasuredSpeed {
  readonly speed: DeviceSpeed;
  /** In words: `onnx on cpu`. */
  readonly device: string;
  /** Seconds that the measurement took. */
  readonly seconds: number;
}

/** Seconds of gradients that one measurement may take; it is made smaller for a slow device. */
const patience = 0.25;

/**
 * Executes the programs of a run on its device for about a second: some decoding steps, a forward pass, gradients and
 * optimizer steps of each model, on sequences of the likely lengths. A network too large for that is measured with one
 * block and a small vocabulary, and its times are those of as many operations.
 */
export async function measureSpeed({ resolved, request: asked }: SpeedRequest): Promise<MeasuredSpeed> {
  const request = withoutFrozenParts(asked);
  const started = performance.now();
  const network = probeNetwork(request.architecture);
  const container = await createRunContainer({
    resolved: asForWholeNetwork(resolved, request.architecture),
    platform: createNodePlatform('.'),
    events: silentEvents,
    random: createRandom(resolved.config.seed),
    only: ['engine', 'optimizer', 'policyLoss', 'valueLoss', 'kl', 'entropy'],
  });
  try {
    const engine = await createEngine(container, network, request);
    try {
      const speed = await speedOf({ engine, container, network, request });
      const { backend, device } = engine.device;
      return { speed, device: `${backend} on ${device}`, seconds: (performance.now() - started) / 1000 };
    } finally {
      await engine.dispose();
    }
  } finally {
    await container.dispose();
  }
}

/** One block of a network cannot stand for some that are frozen and others: what is measured is trained as a whole. */
const withoutFrozenParts = (request: SpeedRequest['request']): SpeedRequest['request'] => ({
  ...request,
  config: { ...request.config, frozen: { embedding: false, blocks: 0 } },
});

/** Few layers of a network that has one program per block must not be fused into one. */
function asForWholeNetwork(resolved: ResolvedConfig, architecture: DecoderConfig): ResolvedConfig {
  const engine = resolved.slots.get('engine');
  if (engine === undefined || isMeasuredWhole(architecture) || engine.settings['programs'] !== 'auto') return resolved;
  const blocks = { ...engine, settings: { ...engine.settings, programs: 'blocks' } };
  return { ...resolved, slots: new Map([...resolved.slots, ['engine', blocks]]) };
}

const createEngine = (container: RunContainer, network: DecoderConfig, { config, critic }: PlanRequest) =>
  container.get('engine').create({
    base: probeModel(network),
    optimizer: container.get('optimizer'),
    critic,
    reference: false,
    random: createRandom(config.seed),
    ...parameterChoices(config),
  });

interface Probe {
  readonly engine: Engine;
  readonly container: RunContainer;
  /** The network that is measured. */
  readonly network: DecoderConfig;
  readonly request: SpeedRequest['request'];
}

async function speedOf(probe: Probe): Promise<DeviceSpeed> {
  const { engine, container, network, request } = probe;
  const { losses } = container.resolve(ConfiguredObjectives);
  const decoding = await decodingOf(probe);
  const affordable = (patience * decoding.lanes) / (2 * decoding.probeSeconds);
  const lengths = shortened(likelyLengths(request), affordable);
  const time = (role: 'policy' | 'critic') => {
    const model = engine[role];
    const batch = batchOf({ config: request.config, lengths, role, tokens: affordable });
    return model && timeModel(model, losses[role], { batch, config: request.config });
  };
  const times = { policy: await time('policy'), critic: await time('critic') };
  const parameters = trainedParameters({ ...request, architecture: network });
  const per = (seconds: (times: ModelTimes) => number, unit: (role: keyof PerModel, times: ModelTimes) => number) => {
    const of = (role: keyof PerModel): number => {
      const measured = times[role];
      return measured === undefined ? 0 : seconds(measured) / unit(role, measured);
    };
    return { policy: of('policy'), critic: of('critic') };
  };
  const ofPass = (role: keyof PerModel, { sequences, lengths: mean }: ModelTimes): number =>
    passOperations(network, sequences, mean)[role];
  return {
    lanes: decoding.lanes,
    decode: decoding.decode,
    score: per(({ forward }) => forward, ofPass),
    train: per(({ gradients }) => gradients, ofPass),
    step: per(
      ({ step }) => step,
      (role) => parameters[role],
    ),
    compile: decoding.compile + (times.policy?.compile ?? 0) + (times.critic?.compile ?? 0),
  };
}

/** Bytes of a cache that is made for the measurement alone. */
const maxCacheBytes = 256 * 2 ** 20;

/** Decoding steps at the capacity that a cache begins with, and at the largest one. */
async function decodingOf({ engine, network, request }: Probe) {
  const { config, architecture } = request;
  const { promptTokens } = likelyLengths(request);
  const perToken = 4 * network.layers * 2 * network.kvHeads * network.headDim;
  const lanes = lanesOf(config);
  const largest = Math.min(maxCapacity(config), network.maxPositions, Math.floor(maxCacheBytes / (lanes * perToken)));
  const smallest = Math.min(largest, roundLength(promptTokens + 64));
  const scale = (context: number): number => stepOperations(architecture, context) / stepOperations(network, context);
  const decode: { readonly capacity: number; readonly seconds: number }[] = [];
  let compile = 0;
  let probeSeconds = 0;
  for (const capacity of new Set([smallest, largest])) {
    const { seconds, first } = await timeDecoding(engine, { capacity, lanes, config });
    decode.push({ capacity, seconds: seconds * scale(capacity) });
    compile += first;
    probeSeconds = Math.max(probeSeconds, seconds);
  }
  return { lanes, decode, compile, probeSeconds };
}

const stepOperations = (a: DecoderConfig, context: number): number => forwardOperations(a, 1, context, a.vocabSize);

function lanesOf({ rolloutBatchSize, samplesPerPrompt, engine }: PlanRequest['config']): number {
  const responses = rolloutBatchSize * samplesPerPrompt;
  const { maxSlots } = engine;
  return typeof maxSlots === 'number' ? Math.min(maxSlots, responses) : responses;
}

/** The lengths, or as much of them as a pass over so many tokens has room for. */
function shortened({ promptTokens, responseTokens }: Lengths, tokens: number): Lengths {
  const share = Math.min(1, Math.max(tokens, 64) / (promptTokens + responseTokens));
  return {
    promptTokens: Math.max(1, Math.round(promptTokens * share)),
    responseTokens: Math.max(1, Math.round(responseTokens * share)),
  };
}

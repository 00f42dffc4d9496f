import { tensorsOf } from '../../../core/model-files/model-tensors.js';
import { createHash } from 'node:crypto';
import { builtinPlugins } from '../../../cli/builtin-plugins.js';
import { resolveConfig } from '../../../core/config/resolve.js';
import { presetLayers, presetStack } from '../../../core/config/preset.js';
import { createRunContainer } from '../../../core/container/run-container.js';
import { collectTensors, exampleBase } from '../../../core/conformance/example-model.js';
import type { Engine, EngineFactory, EngineRequest } from '../../../core/contracts/engine.js';
import type { Model, Sequence, TrainingSequence } from '../../../core/contracts/model.js';
import type { Completion, Sampler } from '../../../core/contracts/sampler.js';
import type { FileDigest, Storage } from '../../../core/contracts/storage.js';
import type { Metrics } from '../../../core/contracts/metric-sink.js';
import type { Platform } from '../../../core/contracts/platform.js';
import type { RunEvents } from '../../../core/contracts/run-events.js';
import type { RewardResult } from '../../../core/contracts/data.js';
import type { GradableRollout, Reward, RewardFactory } from '../../../core/contracts/reward.js';
import { createLocalEngine, localEngineSettings } from '../../../core/compute/engine/local-engine.js';
import { definePlugin, provide, type Plugin } from '../../../core/plugin/define.js';
import { createRegistry } from '../../../core/plugin/registry.js';
import { openRunFiles } from '../../../core/train/state/run-files.js';
import { createRandom } from '../../../core/random.js';
import { runTraining, type RunSummary } from '../../../core/train/loop/run.js';
import { presetCatalog } from '../../../presets/index.js';
import { createArithmeticTokenizer } from '../../../plugins/task-arithmetic/tokenizer.js';
import * as z from 'zod';

/** What a run asked of its engine, in order. */
export type Call =
  | { readonly kind: 'sync' | 'sample' }
  | { readonly kind: 'forward'; readonly role: string; readonly sequences: readonly Sequence[] }
  | {
      readonly kind: 'accumulate';
      readonly role: string;
      readonly sequences: readonly TrainingSequence[];
      readonly loss: string;
    }
  | { readonly kind: 'step'; readonly role: string; readonly learningRate: number; readonly maxGradNorm: number };

export interface Watched {
  readonly calls: Call[];
  readonly completions: Completion[][];
  readonly requests: EngineRequest[];
  /** All weights of policy and critic when the engine was made and when it was disposed. */
  readonly weights: { start?: Map<string, Float32Array>; end?: Map<string, Float32Array> };
}

/** Changes what the engine does, to see what the trainer makes of it. */
export interface Interference {
  readonly forward?: (model: Model, scores: Awaited<ReturnType<Model['forward']>>) => void;
  /** Called before each forward pass, to change the model for real. */
  readonly before?: (model: Model) => Promise<void>;
  /** Whether a sync is carried out; the first is number 0. */
  readonly sync?: (number: number) => boolean;
}

function watchModel<T extends Model>(model: T, { calls }: Watched, { before, forward }: Interference): T {
  const original = {
    forward: model.forward.bind(model),
    accumulate: model.accumulate.bind(model),
    step: model.step.bind(model),
  };
  return Object.assign(model, {
    forward: async (...[sequences, options]: Parameters<Model['forward']>) => {
      calls.push({ kind: 'forward', role: model.role, sequences });
      await before?.(model);
      const scores = await original.forward(sequences, options);
      forward?.(model, scores);
      return scores;
    },
    accumulate: (...[sequences, loss, options]: Parameters<Model['accumulate']>) => {
      calls.push({ kind: 'accumulate', role: model.role, sequences, loss: loss.name });
      return original.accumulate(sequences, loss, options);
    },
    step: (...[options]: Parameters<Model['step']>) => {
      calls.push({ kind: 'step', role: model.role, ...options });
      return original.step(options);
    },
  });
}

function watchSampler(sampler: Sampler, watched: Watched, { sync }: Interference): void {
  const original = { sample: sampler.sample.bind(sampler), sync: sampler.sync.bind(sampler) };
  let syncs = 0;
  Object.assign(sampler, {
    sample: async (...[requests, options]: Parameters<Sampler['sample']>) => {
      watched.calls.push({ kind: 'sample' });
      const completions = await original.sample(requests, options);
      watched.completions.push(completions);
      return completions;
    },
    sync: (policy: Model) => {
      watched.calls.push({ kind: 'sync' });
      return (sync?.(syncs++) ?? true) ? original.sync(policy) : Promise.resolve(policy.version);
    },
  });
}

const watchFactory = (factory: EngineFactory, watched: Watched, interference: Interference): EngineFactory => ({
  ...factory,
  create: async (request) => {
    watched.requests.push(request);
    const engine = await factory.create(request);
    for (const model of [engine.policy, engine.critic, engine.reference])
      if (model) watchModel(model, watched, interference);
    watchSampler(engine.sampler, watched, interference);
    watched.weights.start = await trainedWeights(engine);
    return {
      ...engine,
      dispose: async () => {
        watched.weights.end = await trainedWeights(engine);
        await engine.dispose();
      },
    };
  },
});

async function trainedWeights({ policy, critic }: Engine): Promise<Map<string, Float32Array>> {
  const all = new Map<string, Float32Array>();
  for (const model of [policy, critic])
    if (model)
      for (const [name, data] of await collectTensors(tensorsOf(model).exportWeights()))
        all.set(`${model.role}/${name}`, data.slice());
  return all;
}

/** Random weights at once, with the tokenizer and the task of `orz-tiny`. */
const randomModel = () => {
  const tokenizer = createArithmeticTokenizer();
  const base = exampleBase({
    vocabSize: tokenizer.vocabSize,
    hiddenSize: 12,
    layers: 1,
    heads: 2,
    kvHeads: 1,
    headDim: 6,
    intermediateSize: 16,
    rmsNormEps: 1e-6,
    ropeTheta: 1e4,
    attentionBias: 'qkv',
    qkNorm: false,
    tieWordEmbeddings: true,
    maxPositions: 64,
  });
  const load = async () => ({ ...base, tokenizer });
  return { name: 'random', describe: load, load };
};

const testParts = (watched: Watched, interference: Interference): Plugin[] => [
  definePlugin({
    name: 'test-engine',
    requires: ['backend'],
    provides: [
      provide('engine', 'watched', {
        description: 'the local engine, watched',
        settings: localEngineSettings,
        create: (settings, context) =>
          watchFactory(createLocalEngine(settings, context.get('backend')), watched, interference),
      }),
    ],
  }),
  definePlugin({
    name: 'test-model',
    provides: [
      provide('model', 'random', { description: 'random weights', settings: z.strictObject({}), create: randomModel }),
    ],
  }),
];

export function memoryStorage(files: Map<string, Uint8Array>): Storage {
  const bytes = async (content: string | Uint8Array | AsyncIterable<Uint8Array>): Promise<Uint8Array> => {
    if (typeof content === 'string') return new TextEncoder().encode(content);
    if (content instanceof Uint8Array) return content.slice();
    const chunks: Uint8Array[] = [];
    for await (const chunk of content) chunks.push(chunk.slice());
    return Buffer.concat(chunks);
  };
  const digest = (content: Uint8Array): FileDigest => ({
    bytes: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
  });
  const below = (path: string): string[] =>
    [...files.keys()].filter((key) => key === path || key.startsWith(`${path}/`));
  return {
    location: 'memory',
    read: async (path, from, to) => files.get(path)?.slice(from, to),
    size: async (path) => files.get(path)?.length,
    digest: async (path) => {
      const content = files.get(path);
      return content && digest(content);
    },
    write: async (path, content) => {
      const written = await bytes(content);
      files.set(path, written);
      return digest(written);
    },
    append: async (path, content) => {
      files.set(path, Buffer.concat([files.get(path) ?? new Uint8Array(), await bytes(content)]));
    },
    flush: async () => undefined,
    truncate: async (path, length) => {
      files.set(path, files.get(path)!.slice(0, length));
    },
    makeFolder: async () => undefined,
    rename: async (from, to) => {
      for (const key of below(from)) {
        files.set(to + key.slice(from.length), files.get(key)!);
        files.delete(key);
      }
    },
    list: async (prefix) => [...files.keys()].filter((path) => path.startsWith(prefix)).sort(),
    remove: async (path) => {
      for (const key of below(path)) files.delete(key);
    },
  };
}

/** Rewards that are mixed within most groups, whatever a model writes. */
export const parityReward = (group: readonly GradableRollout[]): RewardResult[] =>
  group.map(({ text, index }) =>
    (text.length + index) % 2 === 0 ? { value: 1, verdict: 'correct' } : { value: 0, verdict: 'wrong' },
  );

export interface RunOptions {
  /** Values over {@link small}, as a configuration file would state them. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Grades in place of the configured reward; null for the configured one, without threads. */
  readonly grade?: ((group: readonly GradableRollout[]) => readonly RewardResult[]) | null;
  readonly interference?: Interference;
  readonly plugins?: readonly Plugin[];
  readonly signal?: AbortSignal;
}

/** orz-tiny with random weights and sizes that take a fraction of a second. */
const small = {
  model: 'random',
  engine: { type: 'watched', maxSlots: 16, microBatchTokens: 512, rowTokens: 32 },
  backend: 'reference',
  iterations: 2,
  rolloutBatchSize: 3,
  samplesPerPrompt: 4,
  maxResponseTokens: 6,
  criticUpdateSteps: 3,
  policyWarmupSteps: 0,
  criticWarmupSteps: 4,
  evaluation: { every: 0, problems: 2 },
  checkpoint: { every: 100 },
};

export interface FinishedRun extends Watched {
  readonly summary: RunSummary;
  readonly metrics: readonly Metrics[];
  readonly files: Map<string, Uint8Array>;
}

const silent: RunEvents = { phase: () => ({ progress: () => undefined, end: () => undefined }), log: () => undefined };

/** A whole run in memory. `onFailure` sees what had been watched until then. */
export async function run(
  options: RunOptions = {},
  onFailure?: (watched: Watched & { files: Map<string, Uint8Array> }) => Promise<void> | void,
): Promise<FinishedRun> {
  const watched: Watched = { calls: [], completions: [], requests: [], weights: {} };
  const layers = [
    ...presetLayers(presetStack(['orz-tiny'], presetCatalog, 'test')),
    { label: 'small', values: small },
    { label: 'test', values: options.config ?? {} },
  ];
  const resolved = await resolveConfig(
    layers,
    createRegistry([...builtinPlugins, ...testParts(watched, options.interference ?? {}), ...(options.plugins ?? [])]),
  );
  const files = new Map<string, Uint8Array>(),
    metrics: Metrics[] = [],
    random = createRandom(resolved.config.seed);
  const grade = options.grade === undefined ? parityReward : options.grade;
  let milliseconds = 0;
  const runFiles = await openRunFiles(memoryStorage(files));
  const platform: Platform = {
    storage: runFiles.storage,
    now: () => milliseconds++,
    memory: () => ({ bytes: 1, peakBytes: 1 }),
    createRewardPool: async ({ moduleUrl, settings }) => {
      const reward: Reward = grade
        ? { name: 'test', grade }
        : await ((await import(moduleUrl)) as { default: RewardFactory }).default(settings);
      return {
        stats: { timeouts: 0, crashes: 0, retries: 0 },
        grade: async (group) => reward.grade(group),
        dispose: async () => undefined,
      };
    },
  };
  const container = await createRunContainer({ resolved, platform, events: silent, random });
  try {
    const summary = await runTraining({
      config: resolved.config,
      container,
      platform,
      files: runFiles,
      events: silent,
      random,
      signal: options.signal ?? new AbortController().signal,
      configFile: '{}\n',
      onMetrics: (record) => metrics.push(record),
    });
    return { ...watched, summary, metrics, files };
  } catch (error) {
    await onFailure?.({ ...watched, files });
    throw error;
  } finally {
    await container.dispose();
  }
}

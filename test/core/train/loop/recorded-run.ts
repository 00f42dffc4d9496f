import { builtinPlugins } from '../../../../cli/builtin-plugins.js';
import type { PackingLimits } from '../../../../core/compute/engine/packing.js';
import { presetLayers, presetStack } from '../../../../core/config/preset.js';
import { resolveConfig } from '../../../../core/config/resolve.js';
import { createRunContainer, type RunContainer } from '../../../../core/container/run-container.js';
import type { Backend } from '../../../../core/contracts/backend.js';
import type { Rollout } from '../../../../core/contracts/data.js';
import type { Engine } from '../../../../core/contracts/engine.js';
import type { EstimatedBatch, GradedRollouts, Objectives } from '../../../../core/contracts/loop.js';
import type { Platform } from '../../../../core/contracts/platform.js';
import { createRegistry } from '../../../../core/plugin/registry.js';
import { createRandom, type Random } from '../../../../core/random.js';
import { AdvantageEstimator } from '../../../../core/train/loop/estimator.js';
import { ConfiguredObjectives } from '../../../../core/train/loop/objectives.js';
import { Progress } from '../../../../core/train/loop/progress.js';
import { runTokens } from '../../../../core/train/loop/run-tokens.js';
import { ForwardScorer } from '../../../../core/train/loop/scorer.js';
import type { TrainingRun } from '../../../../core/train/loop/training-run.js';
import { MiniBatchUpdater } from '../../../../core/train/loop/updater.js';
import { presetCatalog } from '../../../../presets/index.js';
import { recordedAlgorithms, recordedBatch, type RecordedConfig } from '../../../fixtures/algorithms/recorded.js';
import { RecordedModel, type Outputs, type RecordedUpdate } from './recorded-model.js';

/** The slots that an algorithm is made of. */
export const algorithmSlots = [
  'advantage',
  'policyLoss',
  'valueLoss',
  'kl',
  'entropy',
  'rewardShaping',
  'samplerCorrection',
] as const;

const { maxResponseTokens, samples, prompts } = recordedBatch;
const sizes = {
  maxPromptTokens: Math.max(...prompts.map(({ length }) => length)),
  maxResponseTokens,
  samplesPerPrompt: samples,
  rolloutBatchSize: prompts.length,
};

type Algorithm = Pick<RecordedConfig, 'presets' | 'config'>;

export const resolveRecorded = ({ presets, config }: Algorithm, steps: number) =>
  resolveConfig(
    [
      ...presetLayers(presetStack(['orz-tiny', ...presets], presetCatalog, 'test')),
      { label: 'sizes', values: { ...sizes, policyUpdateSteps: steps, criticUpdateSteps: steps } },
      { label: 'case', values: config },
    ],
    createRegistry(builtinPlugins),
  );

/** All responses in one micro-batch, and few in each of several. */
export const packings = {
  one: { microBatchTokens: 4096, rowTokens: 64 },
  several: { microBatchTokens: 32, rowTokens: 16 },
} as const satisfies Record<string, PackingLimits>;

/** The mini-batches of the recording. */
const recordedOrder = (): Random => {
  const random = createRandom(0);
  const permutation = (): Int32Array => Int32Array.from(recordedAlgorithms.order);
  return { ...random, stream: (name) => ({ ...random.stream(name), permutation }) };
};

const perToken = (rows: readonly (readonly number[])[]): Outputs => rows.map((row) => row.map((value) => [value]));

function engineOf(container: RunContainer, { backend, limits }: Pick<RunOptions, 'backend' | 'limits'>) {
  const { logits, values } = recordedBatch;
  const policy = new RecordedModel({
    ...{ role: 'policy', backend, limits },
    outputs: { old: logits.old, current: logits.policy },
  });
  const critic = new RecordedModel({
    ...{ role: 'critic', backend, limits },
    outputs: { old: perToken(values.old), current: perToken(values.current) },
  });
  const reference = new RecordedModel({
    ...{ role: 'reference', backend, limits },
    outputs: { old: logits.reference, current: logits.reference },
  });
  return {
    policy,
    ...(container.get('advantage').needsCritic && { critic }),
    ...(container.get('kl').needsReference && { reference }),
  };
}

const rollouts: readonly Rollout[] = recordedBatch.responses.map((response, i) => {
  const group = Math.floor(i / samples);
  return {
    index: i,
    problem: { id: `recorded/${group}`, prompt: '', answer: '' },
    promptTokens: Int32Array.from(prompts[group]!),
    responseTokens: Int32Array.from(response),
    segments: [{ source: 'policy', length: response.length }],
    samplerLogprobs: Float32Array.from(recordedBatch.samplerLogprobs[i]!),
    text: '',
    stopReason: recordedBatch.truncated[i] ? 'length' : 'stop',
    weightVersion: 0,
  };
});

const graded: GradedRollouts = {
  rollouts,
  results: recordedBatch.rewards.map((value) => ({ value, verdict: value > 0 ? 'correct' : 'wrong' })),
  greedyRewards: Float32Array.from(recordedBatch.greedyRewards),
};

export interface RunOptions {
  readonly backend: Backend;
  readonly limits: PackingLimits;
  /** Optimizer steps of each model. */
  readonly steps: number;
}

export interface RecordedRun {
  readonly batch: EstimatedBatch;
  readonly policy: readonly RecordedUpdate[];
  /** Empty without a critic. */
  readonly critic: readonly RecordedUpdate[];
}

/** Scores the recorded rollouts, estimates and updates with the parts that a run of this configuration has. */
export async function runRecorded(recorded: Algorithm, options: RunOptions): Promise<RecordedRun> {
  const resolved = await resolveRecorded(recorded, options.steps);
  const random = recordedOrder();
  const silent = { phase: () => ({ progress: () => undefined, end: () => undefined }), log: () => undefined };
  const platform = {} as Platform;
  const container = await createRunContainer({ resolved, platform, events: silent, random, only: algorithmSlots });
  const engine = engineOf(container, options);
  try {
    const incidents = { timeouts: 0, crashes: 0, retries: 0 };
    const progress = new Progress(undefined, { seconds: () => 0, incidents: () => incidents });
    const run: Partial<TrainingRun> = { config: resolved.config, container, random, events: silent };
    container.register(runTokens.run, run as TrainingRun);
    container.register(runTokens.engine, engine as Partial<Engine> as Engine);
    container.register(runTokens.progress, progress);
    container.register(runTokens.objectives, container.resolve<Objectives>(ConfiguredObjectives));
    const scored = await container.resolve(ForwardScorer).score(graded, 1);
    const batch = await container.resolve(AdvantageEstimator).estimate(scored, 1);
    const updater = container.resolve(MiniBatchUpdater);
    if (engine.critic) await updater.update('critic', batch, 1);
    await updater.update('policy', batch, 1);
    return { batch, policy: engine.policy.updates, critic: engine.critic?.updates ?? [] };
  } finally {
    await container.dispose();
  }
}

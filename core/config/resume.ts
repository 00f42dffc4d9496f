import { leafValues } from './layers.js';
import { parameterChoices, type RunConfig } from './schema.js';

/**
 * What a setting decides: the experiment itself; only rounding and speed; only how long the run continues and what is
 * recorded about it; or only where files are.
 */
export type SettingEffect = 'mathematics' | 'numerics' | 'reporting' | 'location';

/** Effect by path, or by its first part. A new setting must be added here; if in doubt, as mathematics. */
const effects: Readonly<Record<keyof RunConfig | 'guards.canary' | 'model.unknownConfigKeys', SettingEffect>> = {
  seed: 'mathematics',
  model: 'mathematics',
  // Refuses a model or does not; a resumed run reads its own checkpoint.
  'model.unknownConfigKeys': 'reporting',
  data: 'mathematics',
  dataFilters: 'mathematics',
  template: 'mathematics',
  sampler: 'mathematics',
  environment: 'mathematics',
  reward: 'mathematics',
  groupFilter: 'mathematics',
  rewardShaping: 'mathematics',
  advantage: 'mathematics',
  policyLoss: 'mathematics',
  valueLoss: 'mathematics',
  kl: 'mathematics',
  entropy: 'mathematics',
  samplerCorrection: 'mathematics',
  optimizer: 'mathematics',
  rolloutBatchSize: 'mathematics',
  samplesPerPrompt: 'mathematics',
  maxPromptTokens: 'mathematics',
  maxResponseTokens: 'mathematics',
  temperature: 'mathematics',
  topP: 'mathematics',
  topK: 'mathematics',
  policyUpdateSteps: 'mathematics',
  criticUpdateSteps: 'mathematics',
  policyScorePass: 'mathematics',
  policyEpochs: 'mathematics',
  criticEpochs: 'mathematics',
  criticOnlyIterations: 'mathematics',
  policyLearningRate: 'mathematics',
  criticLearningRate: 'mathematics',
  policyWarmupSteps: 'mathematics',
  criticWarmupSteps: 'mathematics',
  policyDecaySteps: 'mathematics',
  policyFinalLearningRate: 'mathematics',
  maxGradNorm: 'mathematics',
  whitenAdvantages: 'mathematics',
  lossAggregation: 'mathematics',
  packedRowTokens: 'mathematics',
  lora: 'mathematics',
  dtypes: 'mathematics',
  frozen: 'mathematics',
  shuffleRewards: 'mathematics',
  // Another device, number of threads or micro-batch rounds differently; verdicts are limited by counted steps, not by
  // the time limit of grading.
  backend: 'numerics',
  engine: 'numerics',
  grading: 'numerics',
  // A longer run begins like the shorter one; evaluations draw from random streams of their own.
  iterations: 'reporting',
  evaluation: 'reporting',
  checkpoint: 'reporting',
  metrics: 'reporting',
  guards: 'reporting',
  'guards.canary': 'mathematics',
  runDir: 'location',
  plugins: 'location',
};

export interface SettingChange {
  readonly path: string;
  /** undefined where the setting is not stated. */
  readonly before: unknown;
  readonly after: unknown;
  readonly effect: SettingEffect;
}

/** Every setting whose value differs between the configuration that a run was started with and another one. */
export function changedSettings(before: RunConfig, after: RunConfig): SettingChange[] {
  const [old, now] = [settingsOf(before), settingsOf(after)];
  return [...new Set([...old.keys(), ...now.keys()])]
    .map((path) => ({ path, before: old.get(path), after: now.get(path), effect: effectOf(path) }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after));
}

/** All settings by path; those of adapters, of dtypes and of frozen parts only where they change anything. */
function settingsOf(config: RunConfig): Map<string, unknown> {
  const { lora, dtypes, frozen } = parameterChoices(config);
  const without = Object.entries({ lora, dtypes, frozen }).filter(([, chosen]) => chosen === undefined);
  const isWithout = (path: string): boolean => without.some(([name]) => path.startsWith(`${name}.`));
  return new Map([...leafValues(config)].filter(([path]) => !isWithout(path)));
}

/** A setting that only another version of this program has counts as mathematics. */
function effectOf(path: string): SettingEffect {
  const known: Readonly<Record<string, SettingEffect | undefined>> = effects;
  const [first = ''] = path.split('.');
  return known[path] ?? known[first] ?? 'mathematics';
}

/** `path: old → new`. */
export const describeChange = ({ path, before, after }: SettingChange): string =>
  `${path}: ${show(before)} → ${show(after)}`;

const show = (value: unknown): string => (value === undefined ? 'not set' : JSON.stringify(value));

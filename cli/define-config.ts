import type * as z from 'zod';
import type { Slot } from '../core/contracts/contract-tokens.js';
import type { Preset } from '../core/config/preset.js';
import type { RunConfigInput, SingleSlot } from '../core/config/schema.js';
import type { TypedProvider } from '../core/plugin/define.js';
import type { StudyInput } from '../core/study/study.js';

/**
 * The plugins whose types and settings {@link defineConfig} knows. A plugin of your own joins them by declaring
 * `interface PluginTypes { 'its name': typeof plugin }` in the module `open-reasoner-zero`.
 */
export interface PluginTypes {
  'advantage-gae': typeof import('../plugins/advantage-gae/plugin.js').default;
  'advantage-group': typeof import('../plugins/advantage-group/plugin.js').default;
  'advantage-reinforce': typeof import('../plugins/advantage-reinforce/plugin.js').default;
  'advantage-remax': typeof import('../plugins/advantage-remax/plugin.js').default;
  'advantage-rloo': typeof import('../plugins/advantage-rloo/plugin.js').default;
  'backend-onnx': typeof import('../plugins/backend-onnx/plugin.js').default;
  'backend-reference': typeof import('../plugins/backend-reference/plugin.js').default;
  'backend-webgpu': typeof import('../plugins/backend-webgpu/plugin.js').default;
  benchmarks: typeof import('../plugins/benchmarks/plugin.js').default;
  'data-files': typeof import('../plugins/data-files/plugin.js').default;
  'engine-local': typeof import('../plugins/engine-local/plugin.js').default;
  'engine-tinker': typeof import('../plugins/engine-tinker/plugin.js').default;
  entropy: typeof import('../plugins/entropy/plugin.js').default;
  'group-filter': typeof import('../plugins/group-filter/plugin.js').default;
  'environment-calculator': typeof import('../plugins/environment-calculator/plugin.js').default;
  huggingface: typeof import('../plugins/huggingface/plugin.js').default;
  kl: typeof import('../plugins/kl/plugin.js').default;
  'loss-cispo': typeof import('../plugins/loss-cispo/plugin.js').default;
  'loss-gspo': typeof import('../plugins/loss-gspo/plugin.js').default;
  'loss-ppo': typeof import('../plugins/loss-ppo/plugin.js').default;
  'loss-value': typeof import('../plugins/loss-value/plugin.js').default;
  'metrics-jsonl': typeof import('../plugins/metrics-jsonl/plugin.js').default;
  'metrics-prometheus': typeof import('../plugins/metrics-prometheus/plugin.js').default;
  'metrics-rollouts': typeof import('../plugins/metrics-rollouts/plugin.js').default;
  'metrics-tensorboard': typeof import('../plugins/metrics-tensorboard/plugin.js').default;
  'metrics-wandb': typeof import('../plugins/metrics-wandb/plugin.js').default;
  'metrics-webhook': typeof import('../plugins/metrics-webhook/plugin.js').default;
  'optimizer-adamw': typeof import('../plugins/optimizer-adamw/plugin.js').default;
  'reward-letter': typeof import('../plugins/reward-letter/plugin.js').default;
  'reward-math': typeof import('../plugins/reward-math/plugin.js').default;
  'reward-shaping': typeof import('../plugins/reward-shaping/plugin.js').default;
  'sampler-correction': typeof import('../plugins/sampler-correction/plugin.js').default;
  'sampler-engine': typeof import('../plugins/sampler-engine/plugin.js').default;
  'task-arithmetic': typeof import('../plugins/task-arithmetic/plugin.js').default;
  without: typeof import('../core/plugin/without.js').without;
  'template-chat': typeof import('../plugins/template-chat/plugin.js').default;
  'template-orz': typeof import('../plugins/template-orz/plugin.js').default;
  'model-arithmetic-base': typeof import('../plugins/task-arithmetic/model-plugin.js').default;
}

type ProviderIn<S extends Slot> = Extract<PluginTypes[keyof PluginTypes]['provides'][number], { readonly slot: S }>;

/** A configuration states only what it changes, so that every setting is optional, nested ones too. */
type Stated<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [K in keyof T as T[K] extends never ? never : K]?: Stated<T[K]> | Removed<K> }
    : T;

/** Null takes an entry out of a record whose keys are free, such as a set of held-out problems. */
type Removed<K> = string extends K ? null : never;

type SettingsOf<P> = P extends TypedProvider<Slot, string, infer Z> ? Stated<z.input<Z>> : never;

/** One object type instead of an intersection, which messages of the compiler write out. */
type Flat<T> = { [K in keyof T]: T[K] } & {};

/** A type with settings of its own. */
type Chosen<P> =
  P extends TypedProvider<Slot, infer T, z.ZodObject> ? Flat<{ readonly type: T } & SettingsOf<P>> : never;
/** Settings alone, which keep the type that a lower layer chose. */
type Changed<P> = P extends unknown ? Flat<{ readonly type?: never } & SettingsOf<P>> : never;

/** What a configuration may state for a slot: a type, a type with settings, or settings for the type chosen below. */
export type SlotValue<S extends Slot> = ProviderIn<S>['type'] | Chosen<ProviderIn<S>> | Changed<ProviderIn<S>>;

/** Settings of a run, those of slots included, as a configuration file or a preset states them. */
export type RunSettings = {
  readonly [K in keyof RunConfigInput]?: K extends SingleSlot
    ? SlotValue<K>
    : K extends 'metrics'
      ? readonly (ProviderIn<'metrics'>['type'] | Chosen<ProviderIn<'metrics'>>)[]
      : RunConfigInput[K];
};

/** What a configuration file may hold. */
export interface OrzConfig extends RunSettings {
  /** Presets to start from, each on top of the one before; your own by path or package. */
  readonly preset?: string | readonly string[];
}

/** Declares a configuration: unknown keys, types and values of other types do not compile. */
export const defineConfig = (config: OrzConfig): OrzConfig => config;

/** Declares a preset, checked as {@link defineConfig} does. */
export const definePreset = (preset: Preset & { readonly values: RunSettings }): Preset => preset;

/** Declares a study, checked as {@link defineConfig} does. */
export const defineStudy = (study: StudyInput<RunSettings>): StudyInput<RunSettings> => study;

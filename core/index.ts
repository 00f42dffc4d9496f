/** Public surface of the core; the package exports it together with what knows the plugins, see cli/index.ts. */
import type { RunContainer, RunContainerOptions } from './container/run-container.js';
import type { RunSummary, TrainingRun } from './train/loop/run.js';

export type * from './contracts/advantage.js';
export type * from './contracts/backend.js';
export * from './contracts/data.js';
export type * from './contracts/engine.js';
export type * from './contracts/entropy.js';
export type * from './contracts/environment.js';
export type * from './contracts/environment-pool.js';
export type * from './contracts/group-filter.js';
export type * from './contracts/kl.js';
export type * from './contracts/loop.js';
export type * from './contracts/loss.js';
export type * from './contracts/model.js';
export type * from './contracts/model-source.js';
export type * from './contracts/optimizer.js';
export type * from './contracts/metric-sink.js';
export type * from './contracts/platform.js';
export type * from './contracts/problems.js';
export type * from './contracts/reward.js';
export type * from './contracts/reward-pool.js';
export type * from './contracts/reward-shaping.js';
export type * from './contracts/run-events.js';
export type * from './contracts/sampler.js';
export type * from './contracts/sampler-correction.js';
export type * from './contracts/sampler-factory.js';
export type * from './contracts/storage.js';
export type * from './contracts/tokenizer.js';
export * from './contracts/contract-tokens.js';

export {
  definePlugin,
  pluginApiVersion,
  provide,
  type Plugin,
  type Provider,
  type ProviderContext,
  type ProviderOptions,
  type TypedProvider,
} from './plugin/define.js';
export type { RunSizes } from './contracts/run-sizes.js';
export { createInjectionToken, type InjectionToken } from './plugin/injection-token.js';
export { createRegistry, type FoundProvider, type LazyPlugin, type Registry } from './plugin/registry.js';
export { loadPlugin, type ImportModule } from './plugin/load.js';
export { definePreset, presetLayers, presetStack, sourceOf, type Preset, type PresetCatalog } from './config/preset.js';
export { parseSet, type Layer } from './config/layers.js';
export { resolveConfig, type ChosenProvider, type ResolvedConfig } from './config/resolve.js';
export {
  runConfigSchema,
  type RunConfig,
  type RunConfigInput,
  type SingleSlot,
  type SlotConfig,
} from './config/schema.js';
export { defineStudy, type Study, type StudyInput } from './study/study.js';
export type { RunContainer, RunContainerOptions } from './container/run-container.js';
export { replacePart, type PartReplacement, type ReplacementContext } from './container/replacement.js';
export { loopTokens, runTokens } from './train/loop/run-tokens.js';
export type { RunSummary, TrainingRun } from './train/loop/run.js';
export { errorCodes, isOrzError, OrzError, type ErrorCode, type ErrorDetails } from './errors.js';
export { createRandom, type Random, type RandomStream } from './random.js';
/** The zod this package was built with: settings of plugins must be its objects. */
export * as z from 'zod';

export { Graph, type Tensor } from './compute/tensor/graph.js';
export * from './compute/tensor/ops.js';
export { gradients } from './compute/tensor/autodiff.js';
export { bytesOf, sizeOf, type DType, type Shape, type TensorData, type TensorType } from './compute/tensor/types.js';
/** For backends: what buffers hold, macro-ops by their definition, checks that every backend owes, the oracle. */
export { asStored } from './compute/tensor/bf16.js';
export { decomposeMacroOps } from './compute/tensor/decompose.js';
export { createInterpreter, type Interpreter } from './compute/tensor/interpret.js';
export {
  checkBindings,
  checkBufferType,
  checkContents,
  checkWrite,
  programSignature,
  type ProgramSignature,
} from './compute/tensor/program-checks.js';

export { explainedVariance } from './recipe/explained-variance.js';
export { gae, type GaeInput } from './recipe/gae.js';
export { groupAdvantage } from './recipe/group-advantage.js';
export { groupStatistics, type GroupStatistics } from './recipe/group-statistics.js';
export { klEstimators, klOfLogRatio, klPerToken, type KlEstimator } from './recipe/kl.js';
export { logRatioTo } from './recipe/log-ratio.js';
export { orzStopStrings, renderOrzPrompt } from './recipe/orz-template.js';
export { passAtK } from './recipe/pass-at-k.js';
export { repeatOnset, type RepetitionRule } from './recipe/repetition.js';
export { rewardToGo, tokenRewards } from './recipe/token-rewards.js';
export { whiten, type Whitened } from './recipe/whiten.js';

export { createTokenizer, type TokenizerOptions } from './tokenizer/tokenizer.js';
export { createTokenTexts } from './tokenizer/token-texts.js';
export type { DecoderConfig } from './compute/nn/config.js';
export { decoderParameters, initialValues, type ParameterSpec } from './compute/nn/parameters.js';

/*
 * The training loop is imported when it is called: it is most of core, and a configuration, a preset or a plugin that
 * imports the package needs none of it.
 */

/** See {@link import('./container/run-container.js').createRunContainer}. */
export const createRunContainer = async (options: RunContainerOptions): Promise<RunContainer> =>
  (await import('./container/run-container.js')).createRunContainer(options);

/** See {@link import('./train/loop/run.js').runTraining}. */
export const runTraining = async (run: TrainingRun): Promise<RunSummary> =>
  (await import('./train/loop/run.js')).runTraining(run);

import { loraOf, type RunConfig } from '../../../core/config/schema.js';
import { createRunContainer, type RunContainer } from '../../../core/container/run-container.js';
import type { Engine, Refusal } from '../../../core/contracts/engine.js';
import type { Loss } from '../../../core/contracts/loss.js';
import type { ModelDescription, ModelSourceContext } from '../../../core/contracts/model-source.js';
import type { RunEvents } from '../../../core/contracts/run-events.js';
import { createRandom } from '../../../core/random.js';
import { withoutWeights } from '../../../core/train/loop/base-model.js';
import { demandingSlots, engineDemands, withValues } from '../../../core/train/loop/engine-demands.js';
import { gatherConfig, type ConfigFlags } from '../../config/gather.js';
import { createNodePlatform } from '../../platform/node-platform.js';

/** An engine with what a check needs beside it. */
export interface OpenedEngine {
  readonly config: RunConfig;
  readonly losses: { readonly policy: Loss; readonly critic: Loss };
  readonly description: ModelDescription;
  /** Tokens of a fixed text: the prompt of a problem that every template and tokenizer can hold. */
  readonly text: Int32Array;
  /** Settings of the run that the engine would not honour. */
  refusals(): Promise<readonly Refusal[]>;
  create(): Promise<Engine>;
  close(): Promise<void>;
}

/** At most so many tokens are scored. */
const longestText = 64;

/** Starts the parts of a run that its engine needs; `set` lies above files and below the flags. */
export async function openEngine(flags: ConfigFlags, set: readonly string[], events: RunEvents): Promise<OpenedEngine> {
  const gathered = await gatherConfig({ ...flags, set: [...set, ...(flags.set ?? [])] }, process.cwd());
  const { resolved } = gathered;
  const { config } = resolved;
  const context = { random: createRandom(config.seed), events, signal: new AbortController().signal };
  const platform = createNodePlatform('.');
  const only = [...demandingSlots, 'engine'] as const;
  const container = await createRunContainer({ resolved, platform, events, random: context.random, only });
  try {
    const description = await container.get('model').describe(context);
    return {
      config,
      losses: { policy: container.get('policyLoss'), critic: container.get('valueLoss') },
      description,
      text: fixedText(container, description),
      refusals: async () =>
        withValues(await container.get('engine').refusals(engineDemands(config, container, context)), config),
      create: () => createEngine(config, container, context),
      close: () => container.dispose(),
    };
  } catch (error) {
    await container.dispose();
    throw error;
  }
}

async function createEngine(config: RunConfig, container: RunContainer, context: ModelSourceContext): Promise<Engine> {
  const factory = container.get('engine');
  const source = container.get('model');
  const base = factory.hasWeights ? withoutWeights(await source.describe(context)) : await source.load(context);
  return factory.create({
    base,
    optimizer: container.get('optimizer'),
    critic: container.get('advantage').needsCritic,
    reference: false,
    random: context.random,
    lora: loraOf(config),
  });
}

function fixedText(container: RunContainer, description: ModelDescription): Int32Array {
  const prompt = container.get('template').render({ id: 'check', prompt: '1+2', answer: '3' }, description);
  return description.tokenizer.encode(prompt).slice(0, Math.min(longestText, description.config.maxPositions - 1));
}

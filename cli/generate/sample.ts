import type { SampleRequest, Sampler } from '../../core/contracts/sampler.js';
import { statesOf } from '../../core/train/state/engine-state.js';
import { promptTooLong } from './errors.js';
import type { OpenedModel } from './open-model.js';
import type { GenerateOptions } from './options.js';
import type { RenderedPrompt } from './prompt.js';

/** Loads the weights of a model, and lets `use` draw responses from it. */
export async function withSampler<T>(model: OpenedModel, use: (sampler: Sampler) => Promise<T>): Promise<T> {
  const { container, random } = model;
  const engine = await container.get('engine').create({
    base: await model.load(),
    optimizer: container.get('optimizer'),
    critic: false,
    reference: false,
    random,
    lora: model.lora,
  });
  try {
    if (model.reference) await statesOf(engine).load(model.reference, { policy: 0 });
    const sampler = await container.get('sampler').create(engine);
    await sampler.sync(engine.policy);
    return await use(sampler);
  } finally {
    await engine.dispose();
  }
}

/** What is asked of the sampler. Throws ORZ_PROMPT_TOO_LONG where the model has too few positions. */
export function requestOf(
  { description: { config }, defaults }: OpenedModel,
  options: GenerateOptions,
  prompt: RenderedPrompt,
  key = 0,
): SampleRequest {
  if (config.maxPositions <= prompt.tokens.length + (options.maxTokens ?? 1) - 1)
    throw promptTooLong(config.maxPositions, prompt.tokens.length, options.maxTokens);
  const room = config.maxPositions - prompt.tokens.length;
  return {
    promptTokens: prompt.tokens,
    count: options.samples,
    key: [key],
    settings: {
      temperature: options.temperature ?? defaults.temperature,
      topP: options.topP ?? defaults.topP,
      topK: options.topK ?? defaults.topK,
      // A default gives way to a long prompt; what was asked for does not.
      maxResponseTokens: options.maxTokens ?? Math.max(1, Math.min(defaults.maxTokens, room)),
      stop: [...prompt.stop, ...options.stop],
      stopTokens: prompt.stopTokens,
    },
  };
}

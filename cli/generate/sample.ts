import type { SampleRequest } from '../../core/contracts/sampler.js';
import { promptTooLong } from './errors.js';
import type { OpenedModel } from '../model/open-model.js';
import type { GenerateOptions } from './options.js';
import type { RenderedPrompt } from './prompt.js';

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

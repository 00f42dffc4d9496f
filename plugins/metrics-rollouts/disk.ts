import type { RunSizes } from '../../core/contracts/run-sizes.js';
import type { RolloutSettings } from './settings.js';

/**
 * Compressed bytes one response token takes, with all its numbers, in the worst case measured; see docs/watching.md.
 */
export const bytesPerToken = 28;
/**
 * Of one response beside its tokens: question, gold answer, prompt, verdict. Prompts repeat within a group and compress
 * well.
 */
export const bytesPerResponse = 512;

/**
 * Bytes on disk that the rollout files of a run stay below, for responses in natural language or formulas. Pure
 * arithmetic, for the plan.
 */
export function rolloutDiskBytes(settings: RolloutSettings, sizes: RunSizes): number {
  const { every, responses, evaluationResponses, maxTokens } = settings;
  const { iterations, maxResponseTokens, evaluations } = sizes;
  const fileBytes = (count: number): number => {
    const tokens = Math.min(count * maxResponseTokens, Math.max(maxTokens, maxResponseTokens));
    return bytesPerResponse * count + bytesPerToken * tokens;
  };
  const trainingFiles = Math.min(iterations, 1 + Math.floor(iterations / every));
  const evaluationFiles = evaluationResponses === 0 ? 0 : evaluations;
  return (
    trainingFiles * fileBytes(Math.min(responses, sizes.responses)) + evaluationFiles * fileBytes(evaluationResponses)
  );
}

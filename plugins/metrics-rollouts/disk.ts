import type { RolloutSettings } from './settings.js';

/** Compressed bytes one response token takes, with all its numbers, in the worst case measured; see docs/watching.md. */
export const bytesPerToken = 28;
/** Of one response beside its tokens: question, gold answer, prompt, verdict. Prompts repeat within a group and compress well. */
export const bytesPerResponse = 512;

/** What decides the size of rollout files beside their settings. */
export interface RolloutSizes {
  readonly iterations: number;
  /** Responses of one iteration: prompts times samples. */
  readonly responses: number;
  readonly maxResponseTokens: number;
  /** Evaluations of the run times held-out sets. */
  readonly evaluations: number;
}

/** Bytes on disk that the rollout files of a run stay below, for responses in natural language or formulas. Pure arithmetic, for the plan. */
export function rolloutDiskBytes(
  settings: RolloutSettings,
  { iterations, responses, maxResponseTokens, evaluations }: RolloutSizes,
): number {
  const fileBytes = (count: number) =>
    bytesPerResponse * count +
    bytesPerToken * Math.min(count * maxResponseTokens, Math.max(settings.maxTokens, maxResponseTokens));
  const files = Math.min(iterations, 1 + Math.floor(iterations / settings.every));
  return (
    files * fileBytes(Math.min(settings.responses, responses)) +
    (settings.evaluationResponses === 0 ? 0 : evaluations * fileBytes(settings.evaluationResponses))
  );
}

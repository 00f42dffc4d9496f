export interface Settings {
  readonly temperature: number;
  readonly topP: number;
  readonly topK: number;
}
export const off: Settings = { temperature: 1, topP: 1, topK: 0 };

/** Kept probabilities by sorting and cutting in turn, and the uncut log-probabilities. */
export function naive(
  logits: readonly number[],
  { temperature, topP, topK }: Settings,
): { kept: number[]; logprobs: number[] } {
  const scaled = logits.map((x) => x / (temperature <= 0 ? 1 : temperature));
  const top = scaled.reduce((a, b) => Math.max(a, b)),
    total = scaled.reduce((sum, x) => sum + Math.exp(x - top), 0);
  const probabilities = scaled.map((x) => Math.exp(x - top) / total);
  const order = scaled.map((_, i) => i).sort((a, b) => scaled[b]! - scaled[a]! || a - b);
  const limit = temperature <= 0 ? 1 : topK <= 0 ? Infinity : topK;
  const mostProbable = order.slice(0, limit);
  const topKMass = mostProbable.reduce((sum, id) => sum + probabilities[id]!, 0);
  const kept = probabilities.map(() => 0);
  let before = 0;
  for (const [rank, id] of mostProbable.entries()) {
    if (rank > 0 && topP < 1 && before >= topP * topKMass) break;
    kept[id] = probabilities[id]!;
    before += probabilities[id]!;
  }
  const sum = kept.reduce((a, b) => a + b, 0);
  return { kept: kept.map((p) => p / sum), logprobs: scaled.map((x) => x - top - Math.log(total)) };
}

export function invert(kept: readonly number[], uniform: number): number {
  let sum = 0;
  return kept.findIndex((p) => (sum += p) > uniform);
}

import { decodeRollouts } from './decode-rollouts.js';
import { embedJson } from './html.js';
import type { RunReader } from './run-reader.js';
import { evenly } from './shared/evenly.js';
import type { ChosenRollouts, Rollout, RolloutFileInfo } from './shared/data.js';

/** Maximum number of files from which a report takes responses. */
const maxFiles = 16;

/**
 * Responses for a report: of the first and the last iteration and of others evenly in between, evaluations included.
 * Each file gets the same share of `bytes` of JSON; there are fewer files if responses are so long that a share would
 * contain none. The groups with the most varied rewards come first, because they show what makes the difference; of a
 * group that is too large the best, the worst and the longest responses are kept.
 */
export async function chooseForReport(run: RunReader, bytes: number): Promise<ChosenRollouts[]> {
  const files = await run.rolloutFiles();
  const chosen = evenly(files, await countFor(run, files.at(-1), bytes));
  const result: ChosenRollouts[] = [];
  let left = bytes;
  for (const [i, file] of chosen.entries()) {
    const content = await run.rolloutContent(file.file);
    if (content === undefined) continue; // Removed meanwhile.
    const rollouts = withinBytes(decodeRollouts(content, file.file), Math.floor(left / (chosen.length - i)));
    left -= rollouts.reduce((n, rollout) => n + sizeOf(rollout), 0);
    if (rollouts.length > 0) result.push({ file, rollouts });
  }
  return result;
}

/** The number of files of which two responses of the latest size fit; at least two: the first and the last file. */
async function countFor(run: RunReader, last: RolloutFileInfo | undefined, bytes: number): Promise<number> {
  const content = last && (await run.rolloutContent(last.file));
  if (last === undefined || content === undefined) return maxFiles;
  const rollouts = decodeRollouts(content, last.file);
  const mean = rollouts.reduce((n, rollout) => n + sizeOf(rollout), 0) / Math.max(1, rollouts.length);
  return Math.max(2, Math.min(maxFiles, Math.floor(bytes / (2 * mean))));
}

/** Responses whose JSON takes at most `bytes`, in the order of the file. */
export function withinBytes(rollouts: readonly Rollout[], bytes: number): Rollout[] {
  const groups = new Map<number, Rollout[]>();
  for (const rollout of rollouts) groups.set(rollout.group, [...(groups.get(rollout.group) ?? []), rollout]);
  const taken = new Set<Rollout>();
  let left = bytes;
  for (const group of [...groups.values()].sort((a, b) => rewardVariance(b) - rewardVariance(a))) {
    for (const rollout of byInterest(group)) {
      const size = sizeOf(rollout);
      if (size > left) continue;
      taken.add(rollout);
      left -= size;
    }
    if (left < bytes / 20) break;
  }
  return rollouts.filter((rollout) => taken.has(rollout));
}

/** Bytes of JSON as in the page, escapes included. */
const sizeOf = (rollout: Rollout): number => Buffer.byteLength(embedJson(rollout)) + 1;

function rewardVariance(group: readonly Rollout[]): number {
  const mean = group.reduce((sum, { reward }) => sum + reward, 0) / group.length;
  return group.reduce((sum, { reward }) => sum + (reward - mean) ** 2, 0) / group.length;
}

/** The responses of a group, the most interesting first: best, worst, longest, then the others in their order. */
function byInterest(group: readonly Rollout[]): Rollout[] {
  const withMaximum = (value: (rollout: Rollout) => number): Rollout =>
    group.reduce((a, b) => (value(b) > value(a) ? b : a));
  return [
    ...new Set([
      withMaximum(({ reward }) => reward),
      withMaximum(({ reward }) => -reward),
      withMaximum(({ tokens }) => tokens.length),
      ...group,
    ]),
  ];
}

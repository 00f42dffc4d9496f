import { embedJson } from './html.js';
import { decodeRollouts, type RunReader } from './run-reader.js';
import type { ChosenRollouts, Rollout, RolloutFileInfo } from './shared/data.js';

/** Most files a report takes responses from. */
const mostFiles = 16;

/**
 * Responses for a report: of the first and the last iteration and of others evenly between, evaluations included. Each file gets the same
 * share of `bytes` of JSON; there are fewer files if responses are so long that a share would hold none. Of each, the groups whose rewards are most mixed come first, because they show what made the
 * difference; a group that is too large is cut to its best, its worst and its longest members.
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

/** As many files as hold two responses of the size of the last ones, but the first and the last file in any case. */
async function countFor(run: RunReader, last: RolloutFileInfo | undefined, bytes: number): Promise<number> {
  const content = last && (await run.rolloutContent(last.file));
  if (last === undefined || content === undefined) return mostFiles;
  const rollouts = decodeRollouts(content, last.file);
  const mean = rollouts.reduce((n, rollout) => n + sizeOf(rollout), 0) / Math.max(1, rollouts.length);
  return Math.max(2, Math.min(mostFiles, Math.floor(bytes / (2 * mean))));
}

/** At most `count` (at least 2) items, the first and the last among them. */
export function evenly<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.round((i * (items.length - 1)) / (count - 1))]!);
}

/** Responses whose JSON takes at most `bytes`, in the order of the file. */
export function withinBytes(rollouts: readonly Rollout[], bytes: number): Rollout[] {
  const groups = new Map<number, Rollout[]>();
  for (const rollout of rollouts) groups.set(rollout.group, [...(groups.get(rollout.group) ?? []), rollout]);
  const taken = new Set<Rollout>();
  let left = bytes;
  for (const group of [...groups.values()].sort((a, b) => spread(b) - spread(a))) {
    for (const rollout of telling(group)) {
      const size = sizeOf(rollout);
      if (size > left) continue;
      taken.add(rollout);
      left -= size;
    }
    if (left < bytes / 20) break;
  }
  return rollouts.filter((rollout) => taken.has(rollout));
}

/** As it stands in the page: escapes included. */
const sizeOf = (rollout: Rollout): number => Buffer.byteLength(embedJson(rollout)) + 1;

/** Variance of the rewards of a group. */
function spread(group: readonly Rollout[]): number {
  const mean = group.reduce((sum, { reward }) => sum + reward, 0) / group.length;
  return group.reduce((sum, { reward }) => sum + (reward - mean) ** 2, 0) / group.length;
}

/** Members of a group, the most telling first: best, worst, longest, then the others as they come. */
function telling(group: readonly Rollout[]): Rollout[] {
  const by = (value: (rollout: Rollout) => number): Rollout => group.reduce((a, b) => (value(b) > value(a) ? b : a));
  return [
    ...new Set([by(({ reward }) => reward), by(({ reward }) => -reward), by(({ tokens }) => tokens.length), ...group]),
  ];
}

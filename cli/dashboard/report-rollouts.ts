import { isOrzError } from '../../core/errors.js';
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
 * group that is too large the best, the worst and the longest responses are kept. Files that cannot be read are left
 * out and named.
 */
export async function chooseForReport(run: RunReader, bytes: number): Promise<ReportChoice> {
  const files = await run.rolloutFiles();
  const damaged = new Set<string>();
  const read = async ({ file }: RolloutFileInfo): Promise<readonly Rollout[]> => {
    try {
      const content = await run.rolloutContent(file);
      return content === undefined ? [] : decodeRollouts(content, file); // Removed meanwhile.
    } catch (error) {
      if (!isOrzError(error)) throw error;
      damaged.add(file);
      return [];
    }
  };
  const evenlyChosen = evenly(files, await countFor(files.at(-1), read, bytes));
  const chosen: ChosenRollouts[] = [];
  let left = bytes;
  for (const [i, file] of evenlyChosen.entries()) {
    const rollouts = withinBytes(await read(file), Math.floor(left / (evenlyChosen.length - i)));
    left -= rollouts.reduce((n, rollout) => n + sizeOf(rollout), 0);
    if (rollouts.length > 0) chosen.push({ file, rollouts });
  }
  return { chosen, damaged: [...damaged] };
}

/** What a report shows of the responses, and the files that cannot be read. */
export interface ReportChoice {
  readonly chosen: readonly ChosenRollouts[];
  readonly damaged: readonly string[];
}

/** The number of files of which two responses of the latest size fit; at least two: the first and the last file. */
async function countFor(
  last: RolloutFileInfo | undefined,
  read: (file: RolloutFileInfo) => Promise<readonly Rollout[]>,
  bytes: number,
): Promise<number> {
  const rollouts = last === undefined ? [] : await read(last);
  if (rollouts.length === 0) return maxFiles;
  const mean = rollouts.reduce((n, rollout) => n + sizeOf(rollout), 0) / rollouts.length;
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

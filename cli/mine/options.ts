import type { BenchmarkFlags } from '../evaluate/benchmark-flags.js';
import { benchmarkFlags, refuseContradictions, type EvaluateFlags } from '../evaluate/options.js';
import { nothingToMine, severalCheckpoints } from './errors.js';

/** Flags of `orz-train mine` as typed: those of `evaluate` that say who answers and how. */
export type MineFlags = Omit<EvaluateFlags, 'json'>;

/** Responses per problem, as in the paper (§2.1.1). */
const defaultSamples = 64;

/** What the flags change of how responses are drawn, with `samples`. Throws ORZ_USAGE for a wrong value. */
export const samplingOf = (flags: MineFlags): BenchmarkFlags => ({
  samples: defaultSamples,
  ...benchmarkFlags(flags),
});

/** The settings of the flags with the named files as the data to train on. */
export const settingsOf = (files: readonly string[], { set = [] }: MineFlags): readonly string[] =>
  files.length === 0 ? set : ['data.type=files', `data.train=${JSON.stringify(files)}`, ...set];

/** Whether the model is that of a run, which has data of its own. */
export const isOfRun = ({ model, url }: MineFlags): boolean => model === undefined && url === undefined;

/** Throws ORZ_USAGE for flags that contradict or need each other. */
export function refuseMineContradictions(files: readonly string[], flags: MineFlags): void {
  refuseContradictions(flags);
  if (flags.checkpoint === 'all') throw severalCheckpoints();
  const names = files.length > 0 || isOfRun(flags) || flags.set?.some((text) => text.startsWith('data'));
  if (names !== true) throw nothingToMine();
}

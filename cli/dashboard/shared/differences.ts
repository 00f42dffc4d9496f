import type { RunInfo } from './data.js';

/** Settings beyond this number are folded away: runs of two presets differ in dozens. */
export const shownDifferences = 6;

/** The differences of several runs, one per setting: `advantage.lambda 1 vs 0.95`. */
export function differenceLines(infos: readonly Pick<RunInfo, 'differing'>[]): string[] {
  const paths = infos[0]?.differing?.map(([path]) => path) ?? [];
  return paths.map(
    (path, i) => `${path} ${infos.map(({ differing }) => differing?.[i]?.[1] ?? 'not set').join(' vs ')}`,
  );
}

/** The name of a run in a legend, with its own values where it differs from the others. */
export const labelOf = ({ name, differing = [] }: Pick<RunInfo, 'name' | 'differing'>): string =>
  differing.length === 0 ? name : `${name} (${settingsText(differing)})`;

/** Settings in a line: `advantage.lambda 0.95, …`. */
export function settingsText(settings: NonNullable<RunInfo['differing']>): string {
  const shown = settings.slice(0, shownDifferences).map(([path, value]) => `${path} ${value}`);
  return `${shown.join(', ')}${settings.length > shown.length ? ', …' : ''}`;
}

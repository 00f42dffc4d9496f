import type { Theme } from '../shared/colors.js';

/** Line colours that people with colour-vision deficiencies tell apart (after Okabe and Ito), darker on white, lighter on black. */
const lines: Readonly<Record<Theme, readonly string[]>> = {
  light: ['#0072b2', '#d55e00', '#00815c', '#b5538c', '#8a6a00', '#2b8cc4', '#5f4b8b', '#666666'],
  dark: ['#56b4e9', '#f08a3c', '#2fc796', '#e49ac6', '#e3d04a', '#9fc5ff', '#b8a4ea', '#b0b0b0'],
};

/** Dashes that tell the metrics of one chart apart where colours tell runs. */
const dashes: readonly (readonly number[])[] = [[], [6, 4], [2, 3], [8, 3, 2, 3], [1, 4], [12, 4]];

const cyclic = <T>(items: readonly T[], i: number): T => items[i % items.length]!;

export const colorOfRun = (run: number, theme: Theme): string => cyclic(lines[theme], run);

/** Colour and dash of a curve: with one run colours tell metrics, with several they tell runs. */
export function strokeOf(
  run: number,
  metric: number,
  severalRuns: boolean,
  theme: Theme,
): { readonly color: string; readonly dash: readonly number[] } {
  return severalRuns
    ? { color: colorOfRun(run, theme), dash: cyclic(dashes, metric) }
    : { color: cyclic(lines[theme], metric), dash: [] };
}

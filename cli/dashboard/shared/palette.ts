import { elementAt } from '../../../core/arrays.js';
import type { Theme } from './colors.js';

/** Line colours that people with colour-vision deficiencies can tell apart (after Okabe and Ito). */
const lines: Readonly<Record<Theme, readonly string[]>> = {
  light: ['#0072b2', '#d55e00', '#00815c', '#b5538c', '#8a6a00', '#2b8cc4', '#5f4b8b', '#666666'],
  dark: ['#56b4e9', '#f08a3c', '#2fc796', '#e49ac6', '#e3d04a', '#9fc5ff', '#b8a4ea', '#b0b0b0'],
};

/** Dashes that distinguish the metrics of one chart where colours distinguish runs. */
const dashes: readonly (readonly number[])[] = [[], [6, 4], [2, 3], [8, 3, 2, 3], [1, 4], [12, 4]];

const cyclic = <T>(items: readonly T[], i: number): T => elementAt(items, i % items.length);

export const colorOfRun = (run: number, theme: Theme): string => cyclic(lines[theme], run);

export interface Stroke {
  readonly color: string;
  /** Lengths of strokes and gaps; empty for a solid line. */
  readonly dash: readonly number[];
}

interface StrokeOptions {
  readonly run: number;
  readonly metric: number;
  readonly several: boolean;
  readonly theme: Theme;
}

/** Colour and dash of a curve: colours distinguish the metrics of one run, or several runs. */
export function strokeOf({ run, metric, several, theme }: StrokeOptions): Stroke {
  return several
    ? { color: colorOfRun(run, theme), dash: cyclic(dashes, metric) }
    : { color: cyclic(lines[theme], metric), dash: [] };
}

import colors from 'picocolors';
import type { Metrics } from '../../core/contracts/metric-sink.js';
import { printable } from './format.js';
import { series, type RunState } from './run-state.js';
import { sparkline } from './sparkline.js';
import { fitWidth, padWidth } from './width.js';

interface Curve {
  readonly label: string;
  readonly path: string;
  readonly digits: number;
}

const standardCurves: readonly Curve[] = [
  { label: 'reward', path: 'reward', digits: 3 },
  { label: 'length', path: 'responseLength', digits: 1 },
  { label: 'entropy', path: 'entropy', digits: 3 },
  { label: 'expl. var.', path: 'explainedVariance', digits: 3 },
];

/** Columns of a label, of a value, and of a curve at most; a shorter one than the minimum says nothing. */
const widths = { label: 10, value: 8, curve: 20, minimum: 5 } as const;

/** From this many columns on there are two curves in a line. */
const wide = 70;

/** Curves of the most important metrics, each with its latest value, in lines of at most `columns` columns. */
export function curves({ metrics }: RunState, columns: number): string[] {
  const sets = [
    ...new Set(metrics.flatMap((record) => Object.keys(record).filter((name) => name.startsWith('evaluation/')))),
  ];
  const heldOut = sets.map((name): Curve => {
    return { label: printable(name.slice('evaluation/'.length)), path: `${name}.reward`, digits: 3 };
  });
  const each = columns < wide ? columns : Math.floor((columns - 2) / 2);
  const drawn = [...standardCurves, ...heldOut].flatMap((curve) => drawCurve(curve, metrics, each));
  if (columns < wide) return drawn;
  return Array.from({ length: Math.ceil(drawn.length / 2) }, (_, row) => drawn.slice(2 * row, 2 * row + 2).join('  '));
}

/** A curve with its latest value, which stays where the curve itself finds no room; no line while there is none. */
function drawCurve({ label, path, digits }: Curve, metrics: readonly Metrics[], columns: number): string[] {
  const values = series(metrics, path).filter((value) => value !== null);
  const last = values.at(-1);
  if (last === undefined) return [];
  const name = padWidth(fitWidth(label, widths.label), widths.label);
  const value = last.toFixed(digits);
  const room = Math.min(widths.curve, columns - widths.label - widths.value - 3);
  if (room < widths.minimum) return [` ${name} ${colors.bold(value)}`];
  return [` ${name} ${colors.cyan(sparkline(values, room).padEnd(room))} ${colors.bold(value.padEnd(widths.value))}`];
}

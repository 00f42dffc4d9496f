import type { StudyResults } from '../../core/study/results.js';
import { differenceText, estimateText } from '../../core/study/verdict.js';
import { drawPicture, rounded, svgText, textWidth } from './picture.js';
import { ticks, tickText } from './ticks.js';

type OutcomeResult = StudyResults['outcomes'][number];
type ArmResult = OutcomeResult['arms'][number];

const box = { top: 56, row: 34, width: 360, gap: 14, bottom: 34 };

/**
 * An outcome as a picture: one row for each arm, with a small dot for each seed, the mean with its 95 % interval, and
 * in words the mean and the difference to the main arm.
 */
export function drawOutcome({ label, arms }: OutcomeResult, seeds: number): string {
  const names = textWidth(arms.map(({ name }) => name));
  const texts = arms.map(textOf);
  const left = box.gap + names + box.gap;
  const right = left + box.width;
  const floor = box.top + arms.length * box.row;
  const { x, xTicks } = scaleFor(arms, left);
  const body = [
    ...xTicks.map(
      (tick) =>
        `<path class="grid" d="M${x(tick)} ${box.top - 6}V${floor}"/>` +
        `<text x="${x(tick)}" y="${floor + 18}" text-anchor="middle">${tickText(tick)}</text>`,
    ),
    ...arms.map((arm, i) => {
      const y = box.top + (i + 0.5) * box.row;
      return (
        `<text class="name arm-${i}" x="${left - box.gap}" y="${y + 4}" text-anchor="end">${svgText(arm.name)}</text>` +
        `${marks(arm, i, { x, y })}<text x="${right + box.gap}" y="${y + 4}">${svgText(texts[i] ?? '')}</text>`
      );
    }),
  ];
  const width = right + box.gap + textWidth(texts) + box.gap;
  const note = seeds === 1 ? 'one seed' : `${seeds} seeds, their mean, and its 95 % interval`;
  return drawPicture({ width, height: floor + box.bottom, left: box.gap, title: label, note, arms: arms.length, body });
}

const textOf = ({ mean, difference, verdict }: ArmResult): string =>
  `${estimateText(mean)}${verdict === null ? '' : `;  difference ${differenceText(difference)}`}`;

function scaleFor(arms: readonly ArmResult[], left: number) {
  const values = arms.flatMap(({ values: own, mean }) => [...own, ...(mean?.interval ?? [])].filter(isNumber));
  const [first = 0] = values;
  const low = values.reduce((least, value) => Math.min(least, value), first);
  const high = values.reduce((most, value) => Math.max(most, value), first);
  const xTicks = ticks(low, high, 4);
  const [from, to] = [xTicks[0] ?? low, xTicks.at(-1) ?? high];
  return { xTicks, x: (value: number): number => rounded(left + ((value - from) / (to - from || 1)) * box.width) };
}

const isNumber = (value: number | null): value is number => value !== null;

/** Where a row is. */
interface Row {
  readonly x: (value: number) => number;
  readonly y: number;
}

function marks({ values, mean }: ArmResult, arm: number, { x, y }: Row): string {
  const seeds = values
    .filter(isNumber)
    .map((value) => `<circle class="dot seed arm-${arm}" cx="${x(value)}" cy="${y}" r="4"/>`);
  const bar =
    mean?.interval && `<path class="bar arm-${arm}" d="M${x(mean.interval[0])} ${y}H${x(mean.interval[1])}"/>`;
  const dot = mean && `<circle class="dot arm-${arm}" cx="${x(mean.mean)}" cy="${y}" r="5.5"/>`;
  return [...seeds, bar ?? '', dot ?? ''].join('');
}

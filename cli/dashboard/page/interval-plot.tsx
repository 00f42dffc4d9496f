import { ForeignText } from './text.js';
import { colorOfRun } from '../shared/palette.js';
import { useTheme } from './theme.js';

/** A mean with its 95 % interval, as one line of a plot. */
export interface IntervalMark {
  readonly label: string;
  /** Number of the evaluation, which decides the colour. */
  readonly color: number;
  readonly mean: number;
  readonly interval: readonly [number, number] | null;
}

interface IntervalPlotProps {
  readonly title: string;
  /** Ends of the scale. */
  readonly range: readonly [number, number];
  readonly marks: readonly IntervalMark[];
}

const height = 26;
const percent = (share: number): string => (100 * share).toFixed(1);

/** `41.3 [36.0, 46.9]`, in percent. */
export const intervalText = ({ mean, interval }: Pick<IntervalMark, 'mean' | 'interval'>): string =>
  interval === null ? percent(mean) : `${percent(mean)} [${percent(interval[0])}, ${percent(interval[1])}]`;

/** Means as dots with bars for their intervals, one line each, on one scale. */
export function IntervalPlot({ title, range: [from, to], marks }: IntervalPlotProps) {
  const theme = useTheme();
  const at = (value: number): string => `${((100 * (value - from)) / (to - from)).toFixed(2)}%`;
  const ticks = Array.from({ length: 5 }, (_, i) => from + ((to - from) * i) / 4);
  return (
    <figure class="chart intervals">
      <figcaption>
        <ForeignText text={title} />
      </figcaption>
      {marks.map((mark, i) => (
        <div class="interval-row" key={i}>
          <span class="interval-label">
            <ForeignText text={mark.label} />
          </span>
          <svg height={height} role="img" aria-label={`${mark.label}: ${intervalText(mark)} percent`}>
            {ticks.map((tick) => (
              <line key={tick} x1={at(tick)} x2={at(tick)} y1="0" y2={height} stroke="var(--grid)" />
            ))}
            {mark.interval !== null && (
              <line
                x1={at(mark.interval[0])}
                x2={at(mark.interval[1])}
                y1={height / 2}
                y2={height / 2}
                stroke={colorOfRun(mark.color, theme)}
                stroke-width="3"
              />
            )}
            <circle cx={at(mark.mean)} cy={height / 2} r="5" fill={colorOfRun(mark.color, theme)} />
          </svg>
          <output>{intervalText(mark)}</output>
        </div>
      ))}
      <div class="interval-row axis" aria-hidden="true">
        <span />
        <div class="interval-ticks">
          {ticks.map((tick) => (
            <span key={tick}>{Math.round(100 * tick)}</span>
          ))}
        </div>
        <span />
      </div>
    </figure>
  );
}

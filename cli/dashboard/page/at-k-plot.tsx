import type { EvaluationStatistics } from '../../../core/evaluation/results.js';
import { intervalText } from './interval-plot.js';
import { colorOfRun } from '../shared/palette.js';
import { ForeignText } from './text.js';
import { useTheme } from './theme.js';

type AtK = EvaluationStatistics['passAtK'];

/** A curve over k with an error bar at every k. */
export interface AtKCurve {
  readonly label: string;
  /** Number of the evaluation, which decides the colour. */
  readonly color: number;
  readonly dashed: boolean;
  readonly points: AtK;
}

const [width, height, left, bottom] = [420, 200, 34, 22] as const;

/** pass@k and maj@k over k, on a logarithmic axis. */
export function AtKPlot({ curves }: { readonly curves: readonly AtKCurve[] }) {
  const theme = useTheme();
  const most = curves.flatMap(({ points }) => points).reduce((largest, { k }) => Math.max(largest, k), 1);
  const x = (k: number): number => left + 8 + ((width - left - 24) * Math.log2(k)) / Math.max(1, Math.log2(most));
  const y = (share: number): number => 8 + (height - bottom - 8) * (1 - share);
  const counts = [...new Set(curves.flatMap(({ points }) => points.map(({ k }) => k)))].sort((a, b) => a - b);
  const described = curves.map(
    ({ label, points }) => `${label}: ${points.map((point) => `k=${point.k} ${intervalText(point)}`).join(', ')}`,
  );
  return (
    <figure class="chart">
      <figcaption>pass@k (solid) and maj@k (dashed), percent</figcaption>
      <ul class="legend">
        {curves
          .filter(({ dashed }) => !dashed)
          .map(({ label, color }) => (
            <li key={color}>
              <span class="swatch" style={{ background: colorOfRun(color, theme) }} aria-hidden="true" />
              <ForeignText text={label} />
            </li>
          ))}
      </ul>
      <svg viewBox={`0 0 ${width} ${height}`} class="at-k" role="img" aria-label={described.join('; ')}>
        {[0, 0.25, 0.5, 0.75, 1].map((share) => (
          <g key={share}>
            <line x1={left} x2={width - 8} y1={y(share)} y2={y(share)} stroke="var(--grid)" />
            <text x={left - 6} y={y(share) + 4} text-anchor="end">
              {100 * share}
            </text>
          </g>
        ))}
        {counts.map((k) => (
          <text key={k} x={x(k)} y={height - 4} text-anchor="middle">
            {k}
          </text>
        ))}
        {curves.map(({ points, color, dashed }, i) => (
          <g key={i} stroke={colorOfRun(color, theme)} fill={colorOfRun(color, theme)}>
            <polyline
              points={points.map(({ k, mean }) => `${x(k)},${y(mean)}`).join(' ')}
              fill="none"
              stroke-width="1.6"
              stroke-dasharray={dashed ? '5 4' : undefined}
            />
            {points.map(({ k, mean, interval }) => (
              <g key={k}>
                {interval !== null && <line x1={x(k)} x2={x(k)} y1={y(interval[0])} y2={y(interval[1])} />}
                <circle cx={x(k)} cy={y(mean)} r="3" />
              </g>
            ))}
          </g>
        ))}
      </svg>
    </figure>
  );
}

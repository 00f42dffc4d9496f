import { escapeHtml } from '../dashboard/html.js';
import type { Theme } from '../dashboard/shared/colors.js';
import { strokeOf } from '../dashboard/shared/palette.js';
import { printable } from '../terminal/format.js';
import { displayWidth } from '../terminal/width.js';

interface Picture {
  readonly width: number;
  readonly height: number;
  /** Where title and note begin. */
  readonly left: number;
  readonly title: string;
  /** Below the title. */
  readonly note: string;
  /** Number of arms, which have the classes `arm-0`, `arm-1`, … */
  readonly arms: number;
  /** Elements; `line`, `band`, `dot` and `name` have the colour of their arm. */
  readonly body: readonly string[];
}

/** A self-contained SVG, readable on light and on dark backgrounds. */
export const drawPicture = ({ width, height, left, title, note, arms, body }: Picture): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
  `role="img" aria-label="${svgText(`${title}: ${note}`)}">
<style>${styleFor(arms)}</style>
<rect class="ground" width="${width}" height="${height}"/>
<text class="title" x="${left}" y="20">${svgText(title)}</text>
<text x="${left}" y="37">${svgText(note)}</text>
${body.join('\n')}
</svg>
`;

/** Whatever a study states as the content of an element or of an attribute. */
export const svgText = (value: string): string => escapeHtml(printable(value));

/** Pixels of a character, rather more than less. */
const characterWidth = 7.2;

/** Pixels that the longest of some texts takes. */
export const textWidth = (texts: readonly string[]): number =>
  Math.ceil(texts.reduce((most, each) => Math.max(most, displayWidth(each)), 0) * characterWidth);

/** A coordinate; more digits than a tenth of a pixel show nothing. */
export const rounded = (value: number): number => Math.round(value * 10) / 10;

function styleFor(arms: number): string {
  const rules = (rule: (arm: number) => string): string => Array.from({ length: arms }, (_, arm) => rule(arm)).join('');
  const strokeOfArm = (arm: number, theme: Theme) => strokeOf({ run: arm, metric: arm, several: true, theme });
  const colors = (theme: Theme): string => rules((arm) => `.arm-${arm}{color:${strokeOfArm(arm, theme).color}}`);
  const dashes = rules((arm) => {
    const { dash } = strokeOfArm(arm, 'light');
    return dash.length === 0 ? '' : `.line.arm-${arm}{stroke-dasharray:${dash.join(' ')}}`;
  });
  return (
    'text{font:12px system-ui,sans-serif;fill:#444c56}.title{font-weight:600;fill:#1f2328}' +
    '.ground{fill:#fff}.grid{stroke:#d0d7de;stroke-width:.6;fill:none}' +
    '.line,.bar{stroke:currentColor;fill:none;stroke-width:2;stroke-linejoin:round}' +
    '.band,.dot,.name{fill:currentColor}.band{opacity:.16}.seed{opacity:.35}.name{font-weight:600}' +
    `${colors('light')}${dashes}` +
    '@media(prefers-color-scheme:dark){text{fill:#adbac7}.title{fill:#e6edf3}.ground{fill:#0d1117}' +
    `.grid{stroke:#30363d}.name{fill:currentColor}${colors('dark')}}`
  );
}

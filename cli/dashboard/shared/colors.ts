export type Rgb = readonly [red: number, green: number, blue: number];

/** What the colour of a token can stand for. */
export const measures = ['probability', 'entropy', 'value', 'advantage'] as const;
export type Measure = (typeof measures)[number];

/**
 * Hues that people with any of the common colour-vision deficiencies can tell apart (Okabe and Ito 2008): orange for
 * improbable, uncertain or above average; blue for valuable or below average.
 */
const orange: Rgb = [213, 94, 0];
const blue: Rgb = [0, 114, 178];

const surfaces = { light: [255, 255, 255], dark: [24, 26, 31] } as const satisfies Record<string, Rgb>;
export type Theme = keyof typeof surfaces;

/** The range of a measure and its colours: from the page's background to one hue, or between two hues through it. */
export interface Scale {
  readonly measure: Measure;
  readonly from: number;
  readonly to: number;
  readonly diverging: boolean;
}

/** The scale for some numbers of one measure. Ends are fixed where possible, so that responses can be compared. */
export function scaleOf(measure: Measure, values: readonly number[]): Scale {
  const maximum = values.reduce((a, b) => Math.max(a, b), 0);
  const minimum = values.reduce((a, b) => Math.min(a, b), 0);
  switch (measure) {
    case 'probability':
      return { measure, from: 0, to: 1, diverging: false };
    case 'entropy':
      return { measure, from: 0, to: Math.max(maximum, 1), diverging: false };
    case 'value':
      return { measure, from: minimum, to: Math.max(maximum, 1), diverging: false };
    case 'advantage': {
      const size = Math.max(maximum, -minimum, 0.01);
      return { measure, from: -size, to: size, diverging: true };
    }
  }
}

/** Background of a token with this number, and the text colour that can be read on it. */
export function colorOf(
  scale: Scale,
  value: number,
  theme: Theme,
): { readonly background: string; readonly text: string } {
  const share = Math.min(1, Math.max(0, (value - scale.from) / (scale.to - scale.from)));
  const background = mix(scale, share, surfaces[theme]);
  return {
    background: css(background),
    text: contrast(background, [0, 0, 0]) >= contrast(background, [255, 255, 255]) ? '#000' : '#fff',
  };
}

function mix(scale: Scale, share: number, surface: Rgb): Rgb {
  if (scale.diverging) return blend(surface, share < 0.5 ? blue : orange, Math.abs(share - 0.5) * 2);
  if (scale.measure === 'value') return blend(surface, blue, share);
  // Probable tokens need no attention.
  return blend(surface, orange, scale.measure === 'probability' ? 1 - share : share);
}

const blend = ([r0, g0, b0]: Rgb, [r1, g1, b1]: Rgb, share: number): Rgb => {
  const between = (from: number, to: number): number => Math.round(from + (to - from) * share);
  return [between(r0, r1), between(g0, g1), between(b0, b1)];
};
const css = ([red, green, blueness]: Rgb): string => `rgb(${red}, ${green}, ${blueness})`;

/** Contrast ratio of two colours as WCAG 2 defines it, 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

function luminance(color: Rgb): number {
  const [red, green, blueness] = color;
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blueness);
}

/** A channel of sRGB, 0 to 255, as linear light, 0 to 1. */
function linear(channel: number): number {
  const share = channel / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

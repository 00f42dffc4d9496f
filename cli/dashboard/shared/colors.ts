export type Rgb = readonly [red: number, green: number, blue: number];

/** What a colour of a token stands for. */
export const measures = ['probability', 'entropy', 'value', 'advantage'] as const;
export type Measure = (typeof measures)[number];

/**
 * Hues that people with any of the common colour-vision deficiencies tell apart (Okabe and Ito 2008): orange for what is
 * unlikely, uncertain or above, blue for what is worth or below.
 */
const orange: Rgb = [213, 94, 0];
const blue: Rgb = [0, 114, 178];

const surfaces = { light: [255, 255, 255], dark: [24, 26, 31] } as const satisfies Record<string, Rgb>;
export type Theme = keyof typeof surfaces;

/** Where a measure's numbers lie and how they are coloured: from the page's own colour to one hue, or through it between two. */
export interface Scale {
  readonly measure: Measure;
  readonly from: number;
  readonly to: number;
  readonly diverging: boolean;
}

/** The scale for some numbers of one measure. Probability, entropy and value begin at a fixed end so that two responses compare. */
export function scaleOf(measure: Measure, values: readonly number[]): Scale {
  const greatest = values.reduce((a, b) => Math.max(a, b), 0);
  const least = values.reduce((a, b) => Math.min(a, b), 0);
  switch (measure) {
    case 'probability':
      return { measure, from: 0, to: 1, diverging: false };
    case 'entropy':
      return { measure, from: 0, to: Math.max(greatest, 1), diverging: false };
    case 'value':
      return { measure, from: least, to: Math.max(greatest, 1), diverging: false };
    case 'advantage': {
      const size = Math.max(greatest, -least, 0.01);
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
  // What is likely needs no attention.
  return blend(surface, orange, scale.measure === 'probability' ? 1 - share : share);
}

const blend = (from: Rgb, to: Rgb, share: number): Rgb =>
  [0, 1, 2].map((i) => Math.round(from[i]! + (to[i]! - from[i]!) * share)) as unknown as Rgb;
const css = ([red, green, blueness]: Rgb): string => `rgb(${red}, ${green}, ${blueness})`;

/** Contrast ratio of two colours as WCAG 2 defines it, 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(color: Rgb): number {
  const [red, green, blueness] = color.map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blueness;
}

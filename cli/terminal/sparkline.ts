const levels = '▁▂▃▄▅▆▇█';

/**
 * A curve in one line of at most `width` characters, scaled to its own range. Where there are more values than
 * characters, each character is the average of an equal share. Missing values (null) are left out of the averages; a
 * share of nothing else is a space. A constant is drawn at the bottom.
 */
export function sparkline(values: readonly (number | null)[], width: number): string {
  const cells = Math.max(0, Math.min(width, values.length));
  const means = Array.from({ length: cells }, (_, i) =>
    meanOf(values.slice(Math.floor((i * values.length) / cells), Math.floor(((i + 1) * values.length) / cells))),
  );
  const known = means.filter((value) => value !== undefined);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const characterOf = (value: number | undefined): string => {
    if (value === undefined) return ' ';
    return levels.charAt(high === low ? 0 : Math.round(((value - low) / (high - low)) * (levels.length - 1)));
  };
  return means.map(characterOf).join('');
}

function meanOf(values: readonly (number | null)[]): number | undefined {
  const known = values.filter((value) => value !== null && Number.isFinite(value)) as number[];
  return known.length === 0 ? undefined : known.reduce((a, b) => a + b, 0) / known.length;
}

/** Steps of an axis within a power of ten. */
const steps = [1, 2, 2.5, 5, 10];

/** Round numbers from at or below `low` to at or above `high`, about `count` steps; level data get room around them. */
export function ticks(low: number, high: number, count: number): number[] {
  if (!(high > low)) return ticks(low - (Math.abs(low) / 2 || 0.5), low + (Math.abs(low) / 2 || 0.5), count);
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * (steps.find((each) => raw / power <= each + 1e-9) ?? 10);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

/** A tick without the noise of its arithmetic. */
export const tickText = (tick: number): string => String(Number(tick.toPrecision(6))).replace('-', '−');

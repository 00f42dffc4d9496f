/** For people: `14.2 GB`, in powers of 1000. */
export const formatBytes = (bytes: number): string => scaled(bytes, ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB']);

/** For people: `494 M`. */
export const formatCount = (count: number): string => scaled(count, ['', 'k', 'M', 'B', 'T']).trim();

function scaled(value: number, units: readonly string[]): string {
  const step = Math.min(Math.max(Math.floor(Math.log10(Math.max(value, 1)) / 3), 0), units.length - 1);
  const shown = value / 1000 ** step;
  if (shown >= 1e6) return `${shown.toPrecision(3)} ${units[step]}`;
  return `${shown >= 100 || step === 0 ? Math.round(shown) : Number(shown.toPrecision(3))} ${units[step]}`;
}

/** For people: `13.8 EFLOP`, in powers of 1000. */
export const formatOperations = (count: number): string =>
  scaled(count, ['FLOP', 'kFLOP', 'MFLOP', 'GFLOP', 'TFLOP', 'PFLOP', 'EFLOP', 'ZFLOP']);

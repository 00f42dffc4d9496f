const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Bytes in the largest unit that leaves at least one. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit: string = 'bytes';
  for (const larger of units.slice(1)) {
    if (value < 1024) break;
    value /= 1024;
    unit = larger;
  }
  return `${Number(value.toPrecision(3))} ${unit}`;
}

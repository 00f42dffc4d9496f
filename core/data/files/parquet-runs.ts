export interface RunsRequest {
  /** Byte at which the runs begin. */
  readonly from: number;
  /** Bits of a value. */
  readonly width: number;
  readonly values: number;
}

/** Values beyond the last one that a run of packed values may have: they come in groups of eight. */
const maxPadding = 511;

/**
 * Walks over runs of equal or packed values (the hybrid of run lengths and bit packing of Parquet) without writing them
 * out. Returns what is wrong with one that is longer than the values there are; runs that end too early are left to
 * the reader.
 */
export function checkRuns(view: DataView, { from, width, values }: RunsRequest): string | undefined {
  let [at, seen] = [from, 0];
  while (seen < values) {
    const header = varIntAt(view, at);
    if (header === undefined) return undefined;
    const isPacked = header.value % 2 === 1;
    const half = Math.floor(header.value / 2);
    const run = isPacked ? 8 * half : half;
    if (run > values - seen + (isPacked ? maxPadding : 0)) return `has a run of ${run} where ${values - seen} are left`;
    seen += run;
    at = header.end + (isPacked ? half * width : Math.ceil(width / 8));
  }
  return undefined;
}

/** An unsigned number in groups of seven bits, the lowest first; undefined where the bytes end. */
function varIntAt(view: DataView, start: number): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let at = start, factor = 1; at < view.byteLength; at++, factor *= 128) {
    const byte = view.getUint8(at);
    value += (byte % 128) * factor;
    if (byte < 128) return { value, end: at + 1 };
  }
  return undefined;
}

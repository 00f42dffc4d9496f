import type { SchemaElement } from 'hyparquet';
import { implausibleDecimal } from './errors.js';
import { WrittenNumber } from './written-number.js';

export type Restore = (value: unknown) => unknown;

export const isDecimal = ({ converted_type, logical_type }: SchemaElement): boolean =>
  converted_type === 'DECIMAL' || logical_type?.type === 'DECIMAL';

/** Makes of a stored number what its column means; undefined for a column whose numbers mean themselves. */
export function numberRestorer(element: SchemaElement, file: string): Restore | undefined {
  if (isDecimal(element)) return decimalRestorer(element, file);
  if (element.type === 'FLOAT') return (value) => shortestDecimal(Number(value), floatDigits, Math.fround);
  if (element.logical_type?.type === 'FLOAT16') return (value) => shortestDecimal(Number(value), halfDigits, toHalf);
  return undefined;
}

/** Decimal digits of a DECIMAL: Arrow's widest has 76, but the format does not limit them. */
const maxDecimalDigits = 1000;
const maxDecimalBytes = 416;

function decimalRestorer({ name, scale, logical_type }: SchemaElement, file: string): Restore {
  const places = scale ?? (logical_type?.type === 'DECIMAL' ? logical_type.scale : 0);
  if (!Number.isInteger(places) || places < 0 || places > maxDecimalDigits)
    throw implausibleDecimal(file, name, `${places} decimal places`, maxDecimalDigits);
  return (value) => {
    if (value instanceof Uint8Array && value.length > maxDecimalBytes)
      throw implausibleDecimal(file, name, `${value.length} bytes`, maxDecimalDigits);
    const digits = value instanceof Uint8Array ? fromBytes(value) : BigInt(value as number | bigint);
    return new WrittenNumber(withPlaces(digits, places));
  };
}

/** The two's complement number of some bytes, the first of which is the most significant. */
const fromBytes = (bytes: Uint8Array): bigint =>
  BigInt.asIntN(
    8 * bytes.length,
    bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n),
  );

function withPlaces(digits: bigint, places: number): string {
  const sign = digits < 0n ? '-' : '';
  const text = String(digits < 0n ? -digits : digits).padStart(places + 1, '0');
  const whole = text.slice(0, text.length - places);
  return `${sign}${whole}${places === 0 ? '' : `.${text.slice(-places)}`}`;
}

/** Significant digits that are enough for every number of a type. */
const floatDigits = 9;
const halfDigits = 5;

/** The double of the shortest decimal that `round` takes to the value, a number of a narrower type. */
function shortestDecimal(value: number, maxDigits: number, round: (double: number) => number): number {
  for (let digits = 1; digits < maxDigits; digits++) {
    const decimal = Number(value.toPrecision(digits));
    if (round(decimal) === value) return decimal;
  }
  return Number(value.toPrecision(maxDigits));
}

/** The nearest number of 16 bits (IEEE 754 binary16), in its finite range. */
function toHalf(double: number): number {
  const exponent = Math.max(-14, Math.floor(Math.log2(Math.abs(double))));
  const steps = double / 2 ** (exponent - 10);
  const nearest = Math.abs(steps % 1) === 0.5 ? 2 * Math.round(steps / 2) : Math.round(steps);
  return nearest * 2 ** (exponent - 10);
}

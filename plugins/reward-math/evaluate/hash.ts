import { rational, type Rational } from '../numeric/rational.js';

/** A 32-bit hash of a string (FNV-1a), the only source of "random" values: the same on every machine and every run. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    value ^= text.charCodeAt(at);
    value = Math.imul(value, 0x01000193);
  }
  value ^= value >>> 15;
  value = Math.imul(value, 0x2c1b3c6d);
  return (value ^ (value >>> 13)) >>> 0;
}

/** A fraction between low and high, chosen by the text; the odd denominator keeps it off special values. */
export function fractionFrom(text: string, low: number, high: number): Rational {
  const steps = 99_991;
  return rational(BigInt(low) * BigInt(steps) + BigInt(hash(text) % ((high - low) * steps)) + 1n, BigInt(steps) + 16n);
}

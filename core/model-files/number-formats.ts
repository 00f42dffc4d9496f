import { elementAt } from '../arrays.js';
import { nonFiniteWeight, unstorableNumber } from './errors.js';

/** How numbers of a weight are stored in a file. In memory they are always f32. */
export const weightTypes = ['f32', 'bf16', 'f16'] as const;
export type WeightType = (typeof weightTypes)[number];

export const bytesPerNumber: Readonly<Record<WeightType, number>> = { f32: 4, bf16: 2, f16: 2 };
const largest: Readonly<Record<WeightType, string>> = { f32: '3.40e38', bf16: '3.39e38', f16: '65504' };

/** Numbers of a tensor, for messages. */
export interface NumberRange {
  readonly tensor: string;
  /** Index of the first number in the tensor. */
  readonly from: number;
  readonly origin: string;
}

/**
 * Exact values of stored numbers; `bytes` may begin anywhere in its buffer. Throws ORZ_NOT_FINITE at the first NaN or
 * infinity.
 */
export function decodeNumbers(bytes: Uint8Array, type: WeightType, into: Float32Array, range: NumberRange): void {
  const bad = decodeInto(bytes.byteOffset % bytesPerNumber[type] === 0 ? bytes : bytes.slice(), type, into);
  if (bad < 0) return;
  const { tensor, from, origin } = range;
  throw nonFiniteWeight({ tensor, index: from + bad, value: elementAt(into, bad), origin });
}

function decodeInto({ buffer, byteOffset }: Uint8Array, type: WeightType, into: Float32Array): number {
  if (type === 'f32') return copyF32(new Float32Array(buffer, byteOffset, into.length), into);
  const stored = new Uint16Array(buffer, byteOffset, into.length);
  return type === 'bf16' ? fromBf16(stored, into) : fromF16(stored, into);
}

/**
 * Numbers as they are stored, rounded to the nearest, ties to even. Throws ORZ_NOT_FINITE for NaN and infinity,
 * ORZ_WEIGHTS for a number that would round to infinity.
 */
export function encodeNumbers(values: Float32Array, type: WeightType, range: NumberRange): Uint8Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = type === 'f32' ? values.slice() : new Uint16Array(values.length);
  const bad = encodeInto(out, type, values, bits);
  if (bad < 0) return new Uint8Array(out.buffer);
  const { tensor, from, origin } = range;
  throw unstorableNumber({ tensor, index: from + bad, value: elementAt(values, bad), origin }, type, largest[type]);
}

/** `out` is a copy of the values for f32, and filled for the others. */
function encodeInto(
  out: Float32Array | Uint16Array,
  type: WeightType,
  values: Float32Array,
  bits: Uint32Array,
): number {
  if (out instanceof Float32Array) return firstNonFinite(bits);
  return type === 'bf16' ? toBf16(bits, out) : toF16(values, bits, out);
}

/* eslint-disable @typescript-eslint/no-non-null-assertion -- inner loops over typed arrays */

// Each function gives the first index that is not finite, or −1. The loops have no branch inside: that an exponent had
// only ones is carried along in one bit (adding 1 to such an exponent sets the bit above), and the index is searched
// for only if that bit is set.

const exponent32 = 0x7f80_0000;
const exponentBf16 = 0x7f80;
const exponent16 = 0x7c00;

function copyF32(from: Float32Array, into: Float32Array): number {
  into.set(from);
  return firstNonFinite(new Uint32Array(into.buffer, into.byteOffset, into.length));
}

function firstNonFinite(bits: Uint32Array): number {
  let seen = 0;
  for (let i = 0; i < bits.length; i++) seen |= (bits[i]! & exponent32) + 0x80_0000;
  return seen < 0 ? bits.findIndex((b) => (b & exponent32) === exponent32) : -1;
}

/** Two numbers are read at once where the bytes are aligned for it. */
function fromBf16(stored: Uint16Array, into: Float32Array): number {
  const bits = new Uint32Array(into.buffer, into.byteOffset, into.length);
  const pairs = stored.byteOffset % 4 === 0 ? stored.length >> 1 : 0;
  const words = new Uint32Array(stored.buffer, pairs > 0 ? stored.byteOffset : 0, pairs);
  let seen = 0;
  for (let i = 0, at = 0; i < pairs; i++, at += 2) {
    const word = words[i]!;
    bits[at] = word << 16;
    bits[at + 1] = word & 0xffff_0000;
    seen |= (word & 0x7f80_7f80) + 0x80_0080;
  }
  for (let at = 2 * pairs; at < stored.length; at++) {
    bits[at] = stored[at]! << 16;
    seen |= (stored[at]! & exponentBf16) + 0x80;
  }
  return (seen & 0x8000_8000) !== 0 ? stored.findIndex((half) => (half & exponentBf16) === exponentBf16) : -1;
}

function toBf16(bits: Uint32Array, out: Uint16Array): number {
  let seen = 0;
  for (let i = 0; i < bits.length; i++) {
    const b = bits[i]!;
    const rounded = (b + 0x7fff + ((b >>> 16) & 1)) >>> 16;
    out[i] = rounded;
    // NaN may round to a finite number, so both are checked.
    seen |= ((b & exponent32) + 0x80_0000) | (((rounded & exponentBf16) + 0x80) << 16);
  }
  return seen < 0
    ? bits.findIndex((b, i) => (b & exponent32) === exponent32 || (out[i]! & exponentBf16) === exponentBf16)
    : -1;
}

/** Values of all f16 numbers; made when first needed. */
let f16Values: Float32Array | undefined;

function fromF16(stored: Uint16Array, into: Float32Array): number {
  const table = (f16Values ??= Float32Array.from({ length: 0x1_0000 }, (_, half) => f16Value(half)));
  let seen = 0;
  for (let i = 0; i < stored.length; i++) {
    const half = stored[i]!;
    into[i] = table[half]!;
    seen |= (half & exponent16) + 0x400;
  }
  return (seen & 0x8000) !== 0 ? stored.findIndex((half) => (half & exponent16) === exponent16) : -1;
}

function f16Value(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

const smallestNormalF16 = 2 ** -14;
const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

function toF16(values: Float32Array, bits: Uint32Array, out: Uint16Array): number {
  let bad = -1;
  for (let i = 0; i < bits.length; i++) {
    const b = bits[i]!;
    const magnitude = b & 0x7fff_ffff;
    const sign = (b >>> 16) & 0x8000;
    let half: number;
    if (Math.abs(values[i]!) < smallestNormalF16) {
      // The last bit of f32 numbers from 0.5 to 1 is the smallest f16 number, so this sum rounds as f16 does.
      scratch[0] = Math.abs(values[i]!) + 0.5;
      half = scratchBits[0]! - 0x3f00_0000;
    } else {
      half = (magnitude + 0xfff + ((magnitude >>> 13) & 1) - (112 << 23)) >>> 13;
      if (half >= exponent16 && bad < 0) bad = i;
    }
    out[i] = sign | half;
  }
  return bad;
}

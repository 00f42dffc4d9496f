import type { StateReference } from '../../contracts/engine.js';
import type { NumberLocation } from '../../errors.js';
import { notAFailureRecord } from './errors.js';
import type { FailedStep } from './step-failure.js';

/**
 * What a run writes to `failures/` before it stops: enough, with the weights saved next to it, to repeat the failing
 * step.
 */
export interface FailureRecord {
  readonly format: 1;
  readonly iteration: number | null;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly value: string;
    readonly place?: NumberLocation;
  };
  /** The response concerned, if one can be named. */
  readonly sample?: {
    readonly rollout: number;
    readonly problem: string;
    readonly prompt: string;
    readonly response: string;
  };
  readonly step: FailedStep;
  /**
   * Folder of the weights of the step's model at that moment, relative to the run folder; null if the step needs none,
   * or if they are at fault themselves.
   */
  readonly weights: string | null;
  /** Where the engine keeps the models of that moment, if it hands out no weights. */
  readonly state?: StateReference;
  /** Which weight is not finite, if one is. */
  readonly weightFault?: string;
}

/**
 * JSON with typed arrays as base64 of their little-endian bytes, which keeps NaN and every bit. One chunk per response,
 * so that no string grows with the batch.
 */
export function* encodeFailure({ step, ...rest }: FailureRecord): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  const { sequences, ...small } = { sequences: [], ...step };
  const head = JSON.stringify({ ...rest, step: small }, replacer);
  if (sequences.length === 0) {
    yield encoder.encode(`${head}\n`);
    return;
  }
  yield encoder.encode(`${head.slice(0, -1)},"sequences":[\n`);
  for (const [i, sequence] of sequences.entries()) {
    yield encoder.encode(`${i > 0 ? ',\n' : ''}${JSON.stringify(sequence, replacer)}`);
  }
  yield encoder.encode('\n]}\n');
}

/** Throws ORZ_DATA_MALFORMED if `text` is not such a file. */
export function decodeFailure(text: string, origin: string): FailureRecord {
  let value: { readonly format?: unknown; readonly step?: object; readonly sequences?: readonly unknown[] };
  try {
    value = JSON.parse(text, reviver) as typeof value;
  } catch (cause) {
    throw notAFailureRecord(origin, cause);
  }
  if (value?.format !== 1 || typeof value.step !== 'object') throw notAFailureRecord(origin);
  const { sequences, ...rest } = value;
  return { ...rest, step: { ...value.step, ...(sequences && { sequences }) } } as unknown as FailureRecord;
}

const arrays = { f32: Float32Array, i32: Int32Array } as const;

function replacer(_key: string, value: unknown): unknown {
  if (value instanceof Float32Array) return { f32: toBase64(value) };
  if (value instanceof Int32Array) return { i32: toBase64(value) };
  return value;
}

function reviver(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const [entry, ...more] = Object.entries(value);
  if (entry === undefined || more.length > 0 || typeof entry[1] !== 'string' || !(entry[0] in arrays)) return value;
  return new arrays[entry[0] as keyof typeof arrays](fromBase64(entry[1]).buffer);
}

function toBase64(array: Float32Array | Int32Array): string {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  let text = '';
  for (let from = 0; from < bytes.length; from += 0x8000)
    text += String.fromCharCode(...bytes.subarray(from, from + 0x8000));
  return btoa(text);
}

const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

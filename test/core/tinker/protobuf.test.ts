import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  bytesOfDatum,
  decodeForwardBackwardOutput,
  decodeForwardBackwardRequest,
  decodeSampleOutput,
  encodeForwardBackwardOutput,
  encodeForwardBackwardRequest,
  encodeSampleOutput,
  type Datum,
  type ForwardBackwardRequest,
} from '../../../core/tinker/protobuf.js';

/** Bytes made by the SDK itself, with messages.py beside them. */
const fixtures = JSON.parse(
  readFileSync(new URL('../../fixtures/tinker/messages.json', import.meta.url), 'utf8'),
) as Record<string, string>;
const theirs = (name: string): Uint8Array => new Uint8Array(Buffer.from(fixtures[name]!, 'base64'));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const inputs = {
  advantages: Float32Array.of(0.5, -1.25),
  logprobs: Float32Array.of(-0.1, -3),
  target_tokens: Int32Array.of(7, 151_935),
  weights: Float32Array.of(1, 0),
};
const request: ForwardBackwardRequest = {
  modelId: 'model_1f',
  seqId: 12,
  data: [
    { tokens: Int32Array.of(1, 2, 3), inputs },
    { tokens: Int32Array.of(4, 5), inputs },
  ],
  lossFn: 'ppo',
  lossFnConfig: { clip_high_threshold: 1.2, clip_low_threshold: 0.8 },
  isForwardOnly: false,
};
const forwardRequest = { ...request, seqId: 0, data: [request.data[0]!], lossFnConfig: {}, isForwardOnly: true };
const output = {
  type: 'ArrayRecord',
  outputs: [
    { ids: Int32Array.of(1, -2), logprobs: Float32Array.of(-1, -2.5) },
    { ids: Int32Array.of(), logprobs: Float32Array.of() },
    { ids: Int32Array.of(3), logprobs: Float32Array.of(-0.125) },
  ],
  metrics: { 'a:mean': 0.25, 'loss:sum': -3.5 },
};
const sample = {
  sequences: [
    { stopReason: 'stop', tokens: Int32Array.of(5, 6), logprobs: Float32Array.of(-0.25, -0.75) },
    { stopReason: 'length', tokens: Int32Array.of(8) },
  ],
  promptLogprobs: Float32Array.of(NaN, -0.5),
} as const;

describe('protobuf messages of the SDK', () => {
  it('are those of 0.25', () => {
    expect(fixtures['sdk']).toBe('0.25.0');
  });

  it.each([
    ['request', encodeForwardBackwardRequest(request)],
    ['forwardRequest', encodeForwardBackwardRequest(forwardRequest)],
    ['output', encodeForwardBackwardOutput(output)],
  ])('%s is written to the same bytes', (name, bytes) => {
    expect(hex(bytes)).toBe(hex(theirs(name)));
  });

  it('are read: requests', () => {
    expect(decodeForwardBackwardRequest(theirs('request'))).toEqual(request);
    expect(decodeForwardBackwardRequest(theirs('forwardRequest'))).toEqual(forwardRequest);
    expect(decodeForwardBackwardRequest(theirs('chunkedRequest')).data[0]?.tokens).toEqual(Int32Array.of(1, 2, 3));
  });

  it('are read: results', () => {
    expect(decodeForwardBackwardOutput(theirs('output'))).toEqual(output);
    expect(decodeForwardBackwardOutput(theirs('halvesOutput')).outputs).toEqual([{ values: Float32Array.of(1, -2.5) }]);
    expect(decodeForwardBackwardOutput(theirs('emptyOutput'))).toEqual({ type: 'x', outputs: [], metrics: {} });
    expect(decodeSampleOutput(theirs('sample'))).toEqual(sample);
  });

  it('hold samples as the SDK writes them, but for the cache statistics', () => {
    expect(hex(theirs('sample'))).toBe(`${hex(encodeSampleOutput(sample))}2002`);
  });

  it.each([
    ['sparseRequest', 'weights is not a dense array'],
    ['imageRequest', 'a chunk that is no text'],
  ])('%s is refused', (name, message) => {
    expect(() => decodeForwardBackwardRequest(theirs(name))).toThrow(message);
  });

  it.each([
    ['truncated bytes', theirs('request').subarray(0, 40)],
    ['a page', new TextEncoder().encode('<html>502 Bad Gateway</html>')],
  ])('%s are an error with a code', (_, bytes) => {
    expect(() => decodeForwardBackwardRequest(bytes)).toThrow(expect.objectContaining({ code: 'ORZ_SERVER' }));
    expect(() => decodeSampleOutput(bytes)).toThrow(expect.objectContaining({ code: 'ORZ_SERVER' }));
  });

  it('are read with arrays that end in the middle of a number as an error', () => {
    const bytes = encodeSampleOutput({ sequences: [{ stopReason: 'stop', tokens: Int32Array.of(1) }] });
    // Length of the sequence, and of its tokens, less one byte.
    const cut = Uint8Array.from(bytes.subarray(0, -1), (byte, i) => (i === 1 || i === 3 ? byte - 1 : byte));
    expect(() => decodeSampleOutput(cut)).toThrow('no multiple of 4');
  });

  it('keep no view of the bytes they were read from', () => {
    const bytes = theirs('output');
    const read = decodeForwardBackwardOutput(bytes);
    bytes.fill(0);
    expect(read).toEqual(output);
  });
});

describe('bytesOfDatum', () => {
  it('is the most that a datum takes in a request, and little more', () => {
    const lengths = [1, 50, 3_000, 20_000];
    for (const length of lengths) {
      const numbers = new Float32Array(length);
      const datum: Datum = {
        tokens: new Int32Array(length + 20),
        inputs: { target_tokens: new Int32Array(length), weights: numbers, advantages: numbers, logprobs: numbers },
      };
      const size = (data: Datum[]): number => encodeForwardBackwardRequest({ ...request, data }).length;
      const actual = size([datum, datum]) - size([datum]);
      expect(bytesOfDatum(datum)).toBeGreaterThanOrEqual(actual);
      expect(bytesOfDatum(datum)).toBeLessThanOrEqual(actual + 5 * 30);
    }
  });
});

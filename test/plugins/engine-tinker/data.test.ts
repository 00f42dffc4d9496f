import { describe, expect, it } from 'vitest';
import { datumOf, ofPolicy } from '../../../plugins/engine-tinker/data.js';

const sequence = {
  tokens: Int32Array.of(1, 2, 3, 4, 5, 6, 7),
  promptLength: 2,
  segments: [
    { source: 'policy', length: 2 },
    { source: 'environment', length: 2 },
    { source: 'policy', length: 1 },
  ],
} as const;
const weights = Float32Array.of(0.5, 0.25, 1);

describe('a sequence with an environment in the terms of the API', () => {
  it('has zeros for what the environment wrote, in both forms', () => {
    const short = datumOf(sequence, { weights }, true);
    expect([...short.tokens]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...short.inputs['target_tokens']!]).toEqual([3, 4, 5, 6, 7]);
    expect([...short.inputs['weights']!]).toEqual([0.5, 0.25, 0, 0, 1]);
    const long = datumOf(sequence, { weights }, false);
    expect([...long.inputs['target_tokens']!]).toEqual([2, 3, 4, 5, 6, 7]);
    expect([...long.inputs['weights']!]).toEqual([0, 0.5, 0.25, 0, 0, 1]);
  });

  it("takes the policy's numbers out of what a server gives, in both forms", () => {
    expect([...ofPolicy(Float32Array.of(3, 4, 5, 6, 7), sequence)]).toEqual([3, 4, 7]);
    expect([...ofPolicy(Float32Array.of(2, 3, 4, 5, 6, 7), sequence)]).toEqual([3, 4, 7]);
  });
});

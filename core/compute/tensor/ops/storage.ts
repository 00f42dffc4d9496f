import { roundingKeySize } from '../bf16.js';
import { shapeMismatch } from '../errors.js';
import { expectDType, type Op, type Tensor } from '../graph.js';
import { sameShape } from '../types.js';

const fromBf16Op: Op<1> = {
  name: 'fromBf16',
  infer: ([x]) => {
    expectDType('fromBf16', 'bf16', x);
    return [{ shape: x.shape, dtype: 'f32' }];
  },
};

/** Stored numbers as f32, exactly. Gradients are taken with respect to the result: none flows through. */
export const fromBf16 = (x: Tensor): Tensor => x.graph.node(fromBf16Op, [x])[0];

const toBf16Op: Op<2> = {
  name: 'toBf16',
  infer: ([x, key]) => {
    expectDType('toBf16', 'f32', x);
    expectDType('toBf16', 'i32', key);
    if (!sameShape(key.shape, [roundingKeySize])) throw shapeMismatch('toBf16', [x, key], `a key [${roundingKeySize}]`);
    return [{ shape: x.shape, dtype: 'bf16' }];
  },
};

/**
 * Numbers rounded to bf16 stochastically: to one of the two neighbours of x, to each with a probability that makes the
 * expectation x. What bf16 can represent stays as it is, infinities and NaN too. Element i uses 16 random bits: half
 * i mod 2 of word ⌊i / 2⌋ mod 4 of Philox at the counter (⌊i / 8⌋, c1, c2, 0) under the key (k0, k1), where `key` is
 * i32 [4] = (k0, k1, c1, c2). So results are the same on every backend, up to the last bits of x itself.
 */
export const toBf16 = (x: Tensor, key: Tensor): Tensor => x.graph.node(toBf16Op, [x, key])[0];

import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../../../core/compute/tensor/graph.js';
import { categorical } from '../../../../core/compute/tensor/ops.js';
import { invert, naive, off, type Settings } from './naive-categorical.js';
import { evaluate, extent, given, random, type Operand } from './numeric.js';

/** Tokens and log-probabilities for one uniform per row. */
function draw(
  logits: Operand,
  uniforms: readonly number[],
  { temperature, topP, topK }: Settings,
): { tokens: number[]; logprobs: number[] } {
  const rows = uniforms.length,
    all = (value: number): number[] => uniforms.map(() => value);
  const [tokens, logprobs] = evaluate(
    (...inputs) => {
      const [x, u, t, p, k] = inputs as [Tensor, Tensor, Tensor, Tensor, Tensor];
      return Object.values(categorical({ logits: x, uniforms: u, temperature: t, topP: p, topK: k }));
    },
    logits,
    given([rows], uniforms),
    given([rows], all(temperature)),
    given([rows], all(topP)),
    given([rows], all(topK), 'i32'),
  );
  return { tokens: [...tokens!], logprobs: [...logprobs!] };
}

/** The same row of logits for every uniform. */
const repeated = (logits: readonly number[], rows: number): Operand =>
  given([rows, logits.length], Array.from({ length: rows }, () => logits).flat());

describe('categorical', () => {
  it('draws every token as often as its probability says, to one part in the number of draws', () => {
    const logits = [0.3, -1, 2, 0.3, -4, 1],
      draws = 1000;
    const uniforms = Array.from({ length: draws }, (_, i) => (i + 0.5) / draws);
    for (const settings of [
      off,
      { ...off, temperature: 0.5 },
      { ...off, topP: 0.8 },
      { ...off, topK: 3 },
      { temperature: 2, topP: 0.9, topK: 4 },
    ]) {
      const { tokens } = draw(repeated(logits, draws), uniforms, settings);
      naive(logits, settings).kept.forEach((p, id) =>
        expect(Math.abs(tokens.filter((t) => t === id).length - p * draws)).toBeLessThanOrEqual(1),
      );
    }
  });

  it('agrees with sorting, cutting and inverting in turn, at random sizes and settings', () => {
    for (let i = 0; i < 60; i++) {
      const vocabulary = extent(1, 20),
        rows = 8;
      const logits = [...random([vocabulary], -3, 3).values],
        uniforms = [...random([rows], 0, 1).values];
      const settings = {
        temperature: [0, 0.3, 1, 2][extent(0, 3)]!,
        topP: [1, 0.9, 0.5, 0.1][extent(0, 3)]!,
        topK: extent(0, 6),
      };
      const { tokens, logprobs } = draw(repeated(logits, rows), uniforms, settings);
      const expected = naive(logits, settings);
      const wanted = uniforms.map((u) => invert(expected.kept, u));
      expect(tokens, JSON.stringify({ logits, uniforms, settings })).toEqual(wanted);
      logprobs.forEach((v, row) => expect(v).toBeCloseTo(expected.logprobs[wanted[row]!]!, 10));
    }
  });

  it('at temperature 0 takes the best token, the first of equals, with its log-probability at temperature 1', () => {
    const { tokens, logprobs } = draw(given([2, 3], [1, 3, 3, 0, 0, 0]), [0.99, 0.99], { ...off, temperature: 0 });
    expect(tokens).toEqual([1, 0]);
    expect(logprobs[1]).toBeCloseTo(-Math.log(3), 12);
  });

  it('takes top-p as a share of what top-k keeps, as vLLM and transformers do', () => {
    const logits = [0.4, 0.2, 0.1, 0.1, 0.1, 0.05, 0.05].map(Math.log),
      uniforms = [0, 0.5, 1 - 2 ** -24];
    const lastKept = (settings: Settings): number =>
      draw(repeated(logits, 3), uniforms, settings).tokens.reduce((a, b) => Math.max(a, b));
    // Of the three tokens of top-k, the first two have 0.6 / 0.7 = 0.857.
    expect(lastKept({ ...off, topK: 3, topP: 0.86 })).toBe(2);
    expect(lastKept({ ...off, topK: 3, topP: 0.85 })).toBe(1);
    expect(lastKept({ ...off, topP: 0.85 })).toBe(4);
  });

  it('stays certain at any temperature above 0, and takes what is below the smallest normal f32 for 0', () => {
    for (const temperature of [1e-5, 1e-20, 1e-30, 1e-37, 1.2e-38]) {
      const { tokens, logprobs } = draw(given([2, 3], [1, 30, -30, -5, -5.5, -6]), [0.9, 0.9], { ...off, temperature });
      expect({ temperature, tokens, logprobs }).toEqual({ temperature, tokens: [1, 0], logprobs: [0, 0] });
    }
    for (const temperature of [1e-38, 1e-39, 1e-45]) {
      const { tokens, logprobs } = draw(given([1, 2], [0, 0]), [0.9], { ...off, temperature });
      expect(tokens).toEqual([0]);
      expect(logprobs[0]).toBeCloseTo(-Math.log(2), 6);
    }
  });

  it('keeps lower ids at a tie and at least one token', () => {
    const equal = repeated([2, 2, 2, 2], 3),
      uniforms = [0, 0.5, 1 - 2 ** -24];
    expect(draw(equal, uniforms, { ...off, topK: 2 }).tokens).toEqual([0, 1, 1]);
    expect(draw(equal, uniforms, { ...off, topP: 0.6 }).tokens).toEqual([0, 1, 2]);
    expect(draw(repeated([0, 5, 1], 3), uniforms, { ...off, topP: 0 }).tokens).toEqual([1, 1, 1]);
  });

  it('never leaves the tokens that are kept, not even for a uniform rounded up to 1', () => {
    for (const uniform of [0, 2 ** -40, 1 - 2 ** -53, 1]) {
      for (let vocabulary = 1; vocabulary < 40; vocabulary += 6) {
        const logits = [...random([vocabulary], -3, 3).values];
        const settings = { ...off, topK: 3 };
        const token = draw(repeated(logits, 1), [uniform], settings).tokens[0]!;
        expect(naive(logits, settings).kept[token], `vocabulary ${vocabulary}, uniform ${uniform}`).toBeGreaterThan(0);
      }
    }
  });

  it('never draws a token of probability zero', () => {
    expect(draw(given([2, 3], [-1e4, 1e4, -1e4, 0, -1e4, 0]), [0, 0.5], off).tokens).toEqual([1, 2]);
    expect(draw(given([1, 3], [-1e4, 0, -1e4]), [1 - 2 ** -24], off).tokens).toEqual([1]);
  });

  it('with top-p 1 keeps tokens whose probability is below rounding', () => {
    // After the first token the mass is 1 to the last bit; uniforms are in order of id, so a tail of low ids still
    // shows at 0.
    expect(draw(given([1, 2], [-40, 0]), [0], off).tokens).toEqual([0]);
  });

  it('turns NaN among the logits into a NaN log-probability of a valid token', () => {
    const { tokens, logprobs } = draw(given([1, 3], [0, NaN, 1]), [0.5], off);
    expect([tokens[0], logprobs[0]]).toEqual([0, NaN]);
  });
});

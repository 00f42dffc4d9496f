import { describe, expect, it } from 'vitest';
import type { Sequence } from '../../../../core/contracts/model.js';
import {
  checkSequences,
  gatherResponseValues,
  pack,
  predictionIndices,
  roundLength,
  scatterResponseValues,
  type MicroBatch,
  type PackingLimits,
} from '../../../../core/compute/engine/packing.js';
import { createRandom } from '../../../../core/random.js';

const random = createRandom(3).stream('packing tests');

interface Case {
  readonly sequences: Sequence[];
  readonly limits: PackingLimits;
}

/**
 * Random lengths from short to far beyond a row, random limits. Token ids are all different, so that a misplaced one
 * shows.
 */
function drawCase(key: number): Case {
  const longest = [3, 20, 70, 300][random.integer(4, key, 0)]!;
  const count = random.integer(60, key, 1);
  let next = 1;
  const sequences = Array.from({ length: count }, (_, s) => {
    const length = 2 + random.integer(longest, key, 2, s);
    return {
      tokens: Int32Array.from({ length }, () => next++),
      promptLength: 1 + random.integer(length - 1, key, 3, s),
    };
  });
  const rowTokens = 16 + random.integer(100, key, 4);
  return { sequences, limits: { rowTokens, microBatchTokens: rowTokens * (1 + random.integer(20, key, 5)) } };
}

const cases = Array.from({ length: 120 }, (_, key) => drawCase(key));
const packed = cases.map((c) => ({ ...c, batches: pack(c.sequences, c.limits) }));
/** Comparing typed arrays with `toEqual` is slow for this many. */
const sameNumbers = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
  a.length === b.length && Array.prototype.every.call(a, (x, i) => x === b[i]);
const each = (check: (c: Case, batches: readonly MicroBatch[]) => void): void =>
  packed.forEach(({ batches, ...c }) => check(c, batches));

describe('packing random sequences under random limits', () => {
  it('places every sequence exactly once', () => {
    each(({ sequences }, batches) => {
      const placed = batches.flatMap((b) => b.placements.map((p) => p.sequence)).sort((a, b) => a - b);
      expect(placed).toEqual(sequences.map((_, i) => i));
    });
  });

  it('keeps sequences whole within a row, and no two overlap', () => {
    each(({ sequences }, batches) => {
      for (const { rows, length, placements } of batches) {
        const owner = new Int32Array(rows * length).fill(-1);
        for (const { sequence, row, offset } of placements) {
          const size = sequences[sequence]!.tokens.length;
          expect(row).toBeLessThan(rows);
          expect(offset + size).toBeLessThanOrEqual(length);
          const cells = owner.subarray(row * length + offset, row * length + offset + size);
          expect(cells.every((o) => o === -1)).toBe(true);
          cells.fill(sequence);
        }
      }
    });
  });

  it('keeps to the limits, unless one sequence alone is longer', () => {
    each(({ sequences, limits }, batches) => {
      for (const { rows, length, placements } of batches) {
        expect(length).toBeGreaterThanOrEqual(limits.rowTokens);
        if (rows * length > limits.microBatchTokens) {
          expect(rows).toBe(1);
          expect(length).toBe(roundLength(Math.max(...placements.map((p) => sequences[p.sequence]!.tokens.length))));
        }
      }
    });
  });

  it('fills tokens, targets, positions and starts as the sequences say, and nothing else', () => {
    each(({ sequences }, batches) => {
      for (const batch of batches) {
        const size = batch.rows * batch.length;
        const expected = {
          tokens: new Int32Array(size),
          targets: new Int32Array(size),
          positions: new Int32Array(size),
          starts: Int32Array.from({ length: size }, (_, i) => i % batch.length),
        };
        for (const { sequence, row, offset } of batch.placements) {
          const { tokens } = sequences[sequence]!;
          tokens.forEach((id, t) => {
            const index = row * batch.length + offset + t;
            expected.tokens[index] = id;
            expected.targets[index] = tokens[t + 1] ?? 0;
            expected.positions[index] = t;
            expected.starts[index] = offset;
          });
        }
        for (const [name, numbers] of Object.entries(expected) as [keyof typeof expected, Int32Array][])
          expect(sameNumbers(batch[name], numbers), name).toBe(true);
      }
    });
  });

  it('depends on lengths and their order alone', () => {
    each(({ sequences, limits }, batches) => {
      const blank = sequences.map((s) => ({ ...s, tokens: new Int32Array(s.tokens.length) }));
      expect(pack(blank, limits).map((b) => b.placements)).toEqual(batches.map((b) => b.placements));
    });
  });

  it('leaves less room empty than it fills, all cases together', () => {
    let used = 0,
      room = 0;
    each(({ sequences }, batches) => {
      used += sequences.reduce((n, s) => n + s.tokens.length, 0);
      room += batches.reduce((n, b) => n + b.rows * b.length, 0);
    });
    expect(used / room).toBeGreaterThan(0.5);
  });

  it('gives each sequence a row of its own if asked, at its start and within the limits', () => {
    each(({ sequences, limits }) => {
      const batches = pack(sequences, { ...limits, ownRows: true });
      expect(batches.flatMap((b) => b.placements.map((p) => p.sequence)).sort((a, b) => a - b)).toEqual(
        sequences.map((_, i) => i),
      );
      for (const { rows, length, placements } of batches) {
        expect(placements.map((p) => `${p.row} ${p.offset}`)).toEqual(placements.map((_, row) => `${row} 0`));
        expect(rows === 1 || rows * length <= limits.microBatchTokens).toBe(true);
      }
    });
  });

  it('needs few shapes for many sequences of like length', () => {
    const sequences = Array.from({ length: 2000 }, (_, s) => ({
      tokens: new Int32Array(20 + random.integer(40, 1, s)),
      promptLength: 5,
    }));
    const shapes = new Set(
      pack(sequences, { rowTokens: 128, microBatchTokens: 2048 }).map((b) => `${b.rows}x${b.length}`),
    );
    expect(shapes.size).toBeLessThanOrEqual(2);
  });
});

describe('values per response token', () => {
  it('are put where the token is predicted, and read back from there', () => {
    each(({ sequences }, batches) => {
      // A number that says which token it belongs to.
      const rows = sequences.map((s) => Float32Array.from(s.tokens.subarray(s.promptLength), (id) => id / 8));
      const found: Float32Array[] = [];
      for (const batch of batches) {
        const values = scatterResponseValues(batch, sequences, new Map(rows.entries()));
        expect(values.every((value, index) => value === 0 || value === batch.targets[index]! / 8)).toBe(true);
        expect(values.filter((v) => v !== 0)).toHaveLength(
          batch.placements.reduce((n, p) => n + rows[p.sequence]!.length, 0),
        );
        for (const [s, read] of gatherResponseValues(batch, sequences, values)) found[s] = read;
      }
      expect(rows.every((row, s) => sameNumbers(found[s]!, row))).toBe(true);
    });
  });

  it('begin at the last prompt token', () => {
    const sequence = { tokens: Int32Array.of(5, 6, 7, 8), promptLength: 3 };
    const [batch] = pack([sequence], { rowTokens: 16, microBatchTokens: 16 }) as [MicroBatch];
    expect([...predictionIndices(batch, [sequence])]).toEqual([2]);
    expect(batch.targets[2]).toBe(8);
  });

  it('leave out what an environment wrote', () => {
    // Prompt 1 2, environment 3, policy 4 5, environment 6 7, policy 8.
    const segments = [
      { source: 'environment', length: 1 },
      { source: 'policy', length: 2 },
      { source: 'environment', length: 2 },
      { source: 'policy', length: 1 },
    ] as const;
    const first = { tokens: Int32Array.of(9, 8, 7), promptLength: 1 };
    const sequences = [{ tokens: Int32Array.of(1, 2, 3, 4, 5, 6, 7, 8), promptLength: 2, segments }, first];
    const [batch] = pack(sequences, { rowTokens: 16, microBatchTokens: 16 }) as [MicroBatch];
    expect([...predictionIndices(batch, sequences)]).toEqual([2, 3, 6, 8, 9]);
    const values = new Map([
      [0, Float32Array.of(4, 5, 8)],
      [1, Float32Array.of(8, 7)],
    ]);
    const packed = scatterResponseValues(batch, sequences, values);
    expect([...packed].slice(0, 11)).toEqual([0, 0, 4, 5, 0, 0, 8, 0, 8, 7, 0]);
    expect(new Map(gatherResponseValues(batch, sequences, packed))).toEqual(values);
    const refused = [[{ source: 'policy', length: 5 }], [{ source: 'environment', length: 6 }], []] as const;
    for (const wrong of refused)
      expect(() => checkSequences([{ ...sequences[0]!, segments: wrong }], 10, 16)).toThrow(
        expect.objectContaining({ code: 'ORZ_INTERNAL' }),
      );
  });

  it('must be as many as response tokens', () => {
    const sequences = [{ tokens: Int32Array.of(5, 6, 7, 8), promptLength: 2 }];
    const [batch] = pack(sequences, { rowTokens: 16, microBatchTokens: 16 }) as [MicroBatch];
    for (const values of [new Map(), new Map([[0, new Float32Array(1)]]), new Map([[0, new Float32Array(3)]])])
      expect(() => scatterResponseValues(batch, sequences, values)).toThrow(
        expect.objectContaining({ code: 'ORZ_INTERNAL' }),
      );
  });
});

describe('lengths of rows', () => {
  it('grow by at most a quarter of themselves, in steps of at least 16', () => {
    const lengths = Array.from({ length: 5000 }, (_, i) => i + 1);
    expect(
      lengths.filter(
        (n) =>
          roundLength(n) < n ||
          roundLength(n) - n >= Math.max(16, n / 4 + 1) ||
          roundLength(roundLength(n)) !== roundLength(n),
      ),
    ).toEqual([]);
  });
});

describe('sequences that cannot be packed', () => {
  const good: Sequence = { tokens: Int32Array.of(1, 2, 3), promptLength: 1 };
  const refusal = (bad: Sequence): unknown => {
    try {
      checkSequences([good, bad], 8, 5);
    } catch (error) {
      return error;
    }
    return undefined;
  };

  it('are named by their number', () => {
    expect(refusal(good)).toBeUndefined();
    expect(refusal({ ...good, promptLength: 0 })).toMatchObject({
      code: 'ORZ_INTERNAL',
      message: expect.stringContaining('Sequence 1'),
    });
    expect(refusal({ ...good, promptLength: 3 })).toMatchObject({ code: 'ORZ_INTERNAL' });
    expect(refusal({ tokens: new Int32Array(6), promptLength: 1 })).toMatchObject({
      code: 'ORZ_PROMPT_TOO_LONG',
      message: expect.stringContaining('Sequence 1 has 6 tokens'),
    });
    for (const id of [-1, 8])
      expect(refusal({ tokens: Int32Array.of(1, id), promptLength: 1 })).toMatchObject({
        code: 'ORZ_TOKENIZER',
        message: expect.stringContaining(`token id ${id}`),
      });
  });
});

import { describe, expect, it } from 'vitest';
import { exampleDecoder, untiedDecoder } from '../../../../core/conformance/example-model.js';
import type { DecoderConfig } from '../../../../core/compute/nn/config.js';
import {
  countParameters,
  decoderParameters,
  initialValues,
  languageHeadName,
  type ParameterSpec,
} from '../../../../core/compute/nn/parameters.js';
import { RotaryTable } from '../../../../core/compute/nn/rotary-angles.js';
import { createRandom } from '../../../../core/random.js';

const qwen = (c: Partial<DecoderConfig>): DecoderConfig => ({
  ...exampleDecoder,
  headDim: 64,
  vocabSize: 151_936,
  tieWordEmbeddings: true,
  ...c,
});

describe('the parameters of a decoder', () => {
  it('are as many as published for Qwen2.5', () => {
    const half = qwen({ hiddenSize: 896, layers: 24, heads: 14, kvHeads: 2, intermediateSize: 4864 });
    const one = qwen({ hiddenSize: 1536, layers: 28, heads: 12, kvHeads: 2, headDim: 128, intermediateSize: 8960 });
    const seven = qwen({
      hiddenSize: 3584,
      layers: 28,
      heads: 28,
      kvHeads: 4,
      headDim: 128,
      intermediateSize: 18_944,
      vocabSize: 152_064,
      tieWordEmbeddings: false,
    });
    expect([half, one, seven].map((c) => countParameters(decoderParameters(c, 'language')))).toEqual([
      494_032_768, 1_543_714_304, 7_615_616_512,
    ]);
  });

  it('have one name each; a critic has a scalar head instead of the output matrix', () => {
    const names = (c: DecoderConfig, head: 'language' | 'value'): string[] =>
      decoderParameters(c, head).map((s) => s.name);
    for (const list of [
      names(exampleDecoder, 'language'),
      names(untiedDecoder, 'language'),
      names(untiedDecoder, 'value'),
    ])
      expect(new Set(list).size).toBe(list.length);
    expect(
      names(untiedDecoder, 'language').filter((name) => !names(exampleDecoder, 'language').includes(name)),
    ).toEqual(['lm_head.weight']);
    expect(names(untiedDecoder, 'value').filter((name) => !names(untiedDecoder, 'language').includes(name))).toEqual([
      'value_head.weight',
    ]);
    expect(names(untiedDecoder, 'value')).not.toContain('lm_head.weight');
    expect([languageHeadName(exampleDecoder), languageHeadName(untiedDecoder)]).toEqual([
      'model.embed_tokens.weight',
      'lm_head.weight',
    ]);
  });
});

describe('fresh parameters', () => {
  const stream = createRandom(1).stream('test');
  const spread = (spec: ParameterSpec): number => {
    const values = initialValues(spec, stream, 3);
    return Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
  };

  it('have the deviation they are declared with, odd sizes included', () => {
    for (const spec of decoderParameters({ ...exampleDecoder, hiddenSize: 129, vocabSize: 101 }, 'value')) {
      const n = spec.shape.reduce((a, b) => a * b, 1);
      if ('std' in spec.initial)
        expect(Math.abs(spread(spec) / spec.initial.std - 1), spec.name).toBeLessThan(5 / Math.sqrt(2 * n));
      else if ('fill' in spec.initial)
        expect(new Set(initialValues(spec, stream, 3))).toEqual(new Set([spec.initial.fill]));
      else expect.unreachable(`no parameter of a decoder is uniform: ${spec.name}`);
    }
  });

  it('are 1 in norms, 0 in biases, and smaller in projections back into the residual stream', () => {
    const initial = Object.fromEntries(decoderParameters(exampleDecoder, 'language').map((s) => [s.name, s.initial]));
    expect(initial['model.norm.weight']).toEqual({ fill: 1 });
    expect(initial['model.layers.0.self_attn.q_proj.bias']).toEqual({ fill: 0 });
    expect(initial['model.layers.0.mlp.up_proj.weight']).toEqual({ std: 1 / Math.sqrt(18) });
    expect(initial['model.layers.0.mlp.down_proj.weight']).toEqual({ std: 0.5 / Math.sqrt(29) });
    expect(decoderParameters(exampleDecoder, 'value').at(-1)!.initial).toEqual({ std: 1 / 19 });
  });

  it('are a function of seed and number', () => {
    const [spec] = decoderParameters(exampleDecoder, 'language') as [ParameterSpec];
    expect(initialValues(spec, stream, 0)).toEqual(initialValues(spec, createRandom(1).stream('test'), 0));
    expect(initialValues(spec, stream, 0)).not.toEqual(initialValues(spec, stream, 1));
    expect(initialValues(spec, stream, 0)).not.toEqual(initialValues(spec, createRandom(2).stream('test'), 0));
  });
});

describe('rotary angles', () => {
  it('are position · theta^(−2i / headDim), whatever order positions are asked for in', () => {
    const table = new RotaryTable({ ...exampleDecoder, headDim: 6, ropeTheta: 1e4 });
    for (const positions of [[0, 1, 5], [900, 2], [3]]) {
      const { cos, sin } = table.rows(Int32Array.from(positions));
      positions.forEach((position, n) =>
        [0, 1, 2].forEach((i) => {
          const angle = position * 1e4 ** (-i / 3);
          // The angle is rounded to float32: half a unit in the last place of up to 900.
          expect(Math.abs(cos[3 * n + i]! - Math.cos(angle))).toBeLessThan(1e-4);
          expect(Math.abs(sin[3 * n + i]! - Math.sin(angle))).toBeLessThan(1e-4);
        }),
      );
      expect([cos.length, sin.length]).toEqual([3 * positions.length, 3 * positions.length]);
    }
  });

  it('are rounded as in transformers, which matters far out', () => {
    const { cos } = new RotaryTable({ ...exampleDecoder, headDim: 4, ropeTheta: 1e4 }).rows(Int32Array.of(30_011));
    // torch.cos(torch.tensor(30011.) * 10000. ** (-torch.tensor([0., 2.]) / 4)) with torch 2.15, both in float32.
    expect(cos[0]).toBeCloseTo(-0.8052971959, 6);
    expect(cos[1]).toBeCloseTo(0.0877738371, 6);
    // What exact arithmetic would give is further away than that.
    expect(Math.abs(cos[1]! - Math.cos(300.11))).toBeGreaterThan(1e-6);
  });
});

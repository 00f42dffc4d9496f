import { describe, expect, it } from 'vitest';
import { fitsFused, fusedBytes } from '../../../../core/compute/nn/program-memory.js';
import { countParameters, decoderParameters } from '../../../../core/compute/nn/parameters.js';
import type { DecoderConfig } from '../../../../core/compute/nn/config.js';
import { architectures } from '../../../../presets/architectures.js';

const wide: DecoderConfig = {
  vocabSize: 4096,
  hiddenSize: 512,
  layers: 8,
  heads: 8,
  kvHeads: 2,
  headDim: 64,
  intermediateSize: 1408,
  rmsNormEps: 1e-6,
  ropeTheta: 10_000,
  attentionBias: 'qkv',
  qkNorm: false,
  tieWordEmbeddings: true,
  maxPositions: 8192,
};
const parameters = (config: DecoderConfig): number => countParameters(decoderParameters(config, 'language'));

describe('one program for a whole network', () => {
  it('trains a network of 8 blocks and width 512 on ordinary micro-batches, and not on one of 8,192 tokens', () => {
    expect(fitsFused(wide, 2048, parameters(wide))).toBe(true);
    expect(fitsFused(wide, 8192, parameters(wide))).toBe(false);
  });

  it.each([...architectures])('never trains %s', (_, config) => {
    expect(fitsFused(config, 2048, parameters(config))).toBe(false);
  });

  it('counts what the blocks hold, linearly in tokens and no further in the length of long rows', () => {
    expect(fusedBytes(wide, 200, 128)).toBe(2 * fusedBytes(wide, 100, 128));
    expect(fusedBytes(wide, 100, 256)).toBeGreaterThan(fusedBytes(wide, 100, 128));
    expect(fusedBytes(wide, 100, 8192)).toBe(fusedBytes(wide, 100, 512));
    // Per token and block: norms and residuals 2,048, attention 1,280 and scores 2,048, feed-forward part 5,632.
    expect(fusedBytes(wide, 1, 128)).toBe(4 * (8 * (2048 + 1280 + 2048 + 5632) + 3 * 4096));
  });
});

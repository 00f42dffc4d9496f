import type { DecoderConfig } from '../core/compute/nn/config.js';

/** What the Qwen2.5 base models and what was distilled into them share, from their published `config.json`. */
const qwen25 = {
  rmsNormEps: 1e-6,
  ropeTheta: 1e6,
  attentionBias: 'qkv',
  qkNorm: false,
  maxPositions: 131_072,
} as const;

/**
 * Architectures of the base models that presets name, by hub name, so that a run can be planned without their files.
 */
export const architectures: ReadonlyMap<string, DecoderConfig> = new Map<string, DecoderConfig>([
  [
    'Qwen/Qwen2.5-0.5B',
    {
      ...qwen25,
      vocabSize: 151_936,
      hiddenSize: 896,
      layers: 24,
      heads: 14,
      kvHeads: 2,
      headDim: 64,
      intermediateSize: 4864,
      tieWordEmbeddings: true,
      maxPositions: 32_768,
    },
  ],
  [
    'Qwen/Qwen2.5-1.5B',
    {
      ...qwen25,
      vocabSize: 151_936,
      hiddenSize: 1536,
      layers: 28,
      heads: 12,
      kvHeads: 2,
      headDim: 128,
      intermediateSize: 8960,
      tieWordEmbeddings: true,
    },
  ],
  [
    'Qwen/Qwen2.5-7B',
    {
      ...qwen25,
      vocabSize: 152_064,
      hiddenSize: 3584,
      layers: 28,
      heads: 28,
      kvHeads: 4,
      headDim: 128,
      intermediateSize: 18_944,
      tieWordEmbeddings: false,
    },
  ],
  [
    'deepseek-ai/DeepSeek-R1-Distill-Qwen-14B',
    {
      ...qwen25,
      vocabSize: 152_064,
      hiddenSize: 5120,
      layers: 48,
      heads: 40,
      kvHeads: 8,
      headDim: 128,
      intermediateSize: 13_824,
      tieWordEmbeddings: false,
      rmsNormEps: 1e-5,
    },
  ],
  [
    'Qwen/Qwen2.5-32B',
    {
      ...qwen25,
      vocabSize: 152_064,
      hiddenSize: 5120,
      layers: 64,
      heads: 40,
      kvHeads: 8,
      headDim: 128,
      intermediateSize: 27_648,
      tieWordEmbeddings: false,
      rmsNormEps: 1e-5,
    },
  ],
]);

import { definePreset } from '../core/config/preset.js';
import { orzData } from './orz-data.js';

/** A model that was distilled before, trained on the hard problems alone; not from a base model as the others. */
export const orzR1Distill14B = definePreset({
  name: 'orz-r1-distill-14b',
  description: 'Open-Reasoner-Zero on DeepSeek-R1-Distill-Qwen-14B, on the 13k hard problems; needs a cluster',
  extends: 'orz-base',
  values: {
    model: { type: 'huggingface', path: 'deepseek-ai/DeepSeek-R1-Distill-Qwen-14B' },
    data: { ...orzData, train: ['data/orz_math_13k_collection_hard.json'] },
    iterations: 300,
    maxResponseTokens: 16000,
    packedRowTokens: 18048,
  },
  sources: {
    model: 'paper v2 Table 3',
    data: 'paper v2 Table 3 and README of the code: the 13k hard problems',
    iterations: 'paper v2 Table 3 and README of the code: 300 iterations',
    maxResponseTokens: 'this project: as orz-32b; not reported, and 8000 would cut many responses of this model',
    packedRowTokens: 'this project: holds a prompt with a response of 16000',
  },
});

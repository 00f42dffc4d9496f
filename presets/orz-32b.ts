import { definePreset } from '../core/config/preset.js';
import { orzData } from './orz-data.js';

/** The largest size; 16 nodes of 8 GPUs in the original. `orz-train cluster` writes what it needs. */
export const orz32B = definePreset({
  name: 'orz-32b',
  description: 'Open-Reasoner-Zero on Qwen2.5-32B base; needs a cluster (docs/cluster.md)',
  extends: 'orz-base',
  values: {
    model: { type: 'huggingface', path: 'Qwen/Qwen2.5-32B' },
    data: orzData,
    iterations: 1100,
    maxResponseTokens: 16000,
    packedRowTokens: 18048,
  },
  sources: {
    model: 'paper §2.1',
    data: 'code, playground/orz_32b_ppo.py: the 57k collection; the paper (§2.1.1) trained this size on all 129k',
    iterations: 'paper §3.1: 1100 iterations; the 100 annealing iterations that follow are a run of their own',
    maxResponseTokens: 'authors in issue 50 of the repository: 16k for training; the script has 8000',
    packedRowTokens: 'this project: the 10048 of the script cannot hold a prompt with a response of 16000',
  },
});

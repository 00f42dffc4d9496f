import { definePreset } from '../core/config/preset.js';
import { orzData } from './orz-data.js';

/** The size of the ablations; 5.5 days on 64 H800 in the original. `orz-train cluster` writes what it needs. */
export const orz7B = definePreset({
  name: 'orz-7b',
  description: 'Open-Reasoner-Zero on Qwen2.5-7B base; needs a cluster (docs/cluster.md)',
  extends: 'orz-base',
  values: {
    model: { type: 'huggingface', path: 'Qwen/Qwen2.5-7B' },
    data: orzData,
    iterations: 730,
    packedRowTokens: 16384,
  },
  sources: {
    model: 'paper §2.1',
    data: 'code, playground',
    iterations: 'paper Figure 2: the curve ends at about 730 iterations',
    packedRowTokens: 'code, playground/orz_7b_ppo.py packing_max_len',
  },
});

import { definePreset } from '../core/config/preset.js';
import { orzData } from './orz-data.js';

/** The second size. */
export const orz15B = definePreset({
  name: 'orz-1.5b',
  description: 'Open-Reasoner-Zero on Qwen2.5-1.5B base',
  extends: 'orz-base',
  values: {
    model: { type: 'huggingface', path: 'Qwen/Qwen2.5-1.5B' },
    data: orzData,
    iterations: 150,
  },
  sources: {
    model: 'paper §2.1',
    data: 'code, playground',
    iterations: 'paper Table 4: the row equals the points at iteration 150 of Figure 10',
  },
});

import { definePreset } from '../core/config/preset.js';
import { orzData } from './orz-data.js';

/** The smallest size; its curves are the cheapest reference of the paper (Figure 10). */
export const orz05B = definePreset({
  name: 'orz-0.5b',
  description: 'Open-Reasoner-Zero on Qwen2.5-0.5B base',
  extends: 'orz-base',
  values: {
    model: { type: 'huggingface', path: 'Qwen/Qwen2.5-0.5B' },
    data: orzData,
    iterations: 200,
  },
  sources: {
    model: 'paper §2.1',
    data: 'code, playground',
    iterations: 'paper Table 4: about 200 iterations',
  },
});

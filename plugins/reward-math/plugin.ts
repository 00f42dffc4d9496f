import { definePlugin, provide } from '../../core/plugin/define.js';
import { mathRewardSettings } from './settings.js';

export { default as createMathReward } from './reward.js';

/** The module beside this file, compiled or not. */
const rewardModule = new URL(import.meta.url.endsWith('.ts') ? './reward.ts' : './reward.js', import.meta.url).href;

/** The reward of the ORZ recipe, graded in worker threads. */
export default definePlugin({
  name: 'reward-math',
  provides: [
    provide('reward', 'math', {
      description:
        'ORZ: 1 if the boxed answer inside the answer tags equals the gold answer, else 0; 0 when cut by length',
      settings: mathRewardSettings,
      create: (settings) => ({ moduleUrl: rewardModule, settings }),
    }),
  ],
});

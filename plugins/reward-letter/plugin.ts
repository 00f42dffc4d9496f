import { definePlugin, provide } from '../../core/plugin/define.js';
import { letterRewardSettings } from './settings.js';

/** The module beside this file, compiled or not. */
const rewardModule = new URL(import.meta.url.endsWith('.ts') ? './reward.ts' : './reward.js', import.meta.url).href;

/** Grades answers to multiple choice, in worker threads. */
export default definePlugin({
  name: 'reward-letter',
  provides: [
    provide('reward', 'letter', {
      description:
        'Multiple choice: 1 if the response chooses the option of the gold answer, in whatever words, else 0',
      settings: letterRewardSettings,
      create: (settings) => ({ moduleUrl: rewardModule, settings }),
    }),
  ],
});

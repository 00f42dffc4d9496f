/** The reward of `npm run results:lora`: that of Open-Reasoner-Zero is 0 for the short, cut responses of its runs. */
import { definePlugin, provide, z } from 'open-reasoner-zero';

const moduleUrl = new URL('lora-reward.mjs', import.meta.url).href;

export default definePlugin({
  name: 'names-answer',
  provides: [
    provide('reward', 'names-answer', {
      description: '1 if the answer is among the numbers of the response',
      settings: z.strictObject({}),
      create: () => ({ moduleUrl, settings: {} }),
    }),
  ],
});

import type { KlRegularizer } from '../../core/contracts/kl.js';
import { definePlugin, provide } from '../../core/plugin/define.js';
import { createKlLoss } from './loss-term.js';
import { createKlPenalty } from './penalty.js';
import { klLossSettings, klNoneSettings, klPenaltySettings } from './settings.js';

/** No regulariser, as in the main recipe: no reference model is loaded or run. */
export const createKlNone = (): KlRegularizer => ({ name: 'none', needsReference: false, settings: {} });

export default definePlugin({
  name: 'kl',
  provides: [
    provide('kl', 'none', {
      description: 'No KL term and no reference model (ORZ)',
      settings: klNoneSettings,
      create: createKlNone,
    }),
    provide('kl', 'loss', {
      description: 'KL to the reference model as a term of the policy loss',
      settings: klLossSettings,
      create: createKlLoss,
    }),
    provide('kl', 'penalty', {
      description: 'KL to the reference model subtracted from the reward of each token',
      settings: klPenaltySettings,
      create: createKlPenalty,
    }),
  ],
});

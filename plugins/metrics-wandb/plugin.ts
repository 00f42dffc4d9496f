import { definePlugin, provide } from '../../core/plugin/define.js';
import { wandbSettings } from './settings.js';
import { WandbSink } from './sink.js';

/**
 * Weights & Biases, in its offline form: nothing is sent and no key is needed during the run; `wandb sync` uploads what
 * was written, when and where its user wants.
 */
export default definePlugin({
  name: 'metrics-wandb',
  provides: [
    provide('metrics', 'wandb', {
      description: 'Every number of each iteration as an offline run for Weights & Biases, uploaded by `wandb sync`',
      settings: wandbSettings,
      create: (settings, { platform }) => new WandbSink(settings, platform.storage),
    }),
  ],
});

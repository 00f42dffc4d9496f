import { definePlugin, provide } from '../../core/plugin/define.js';
import { createArithmeticBase } from './base-model.js';
import { finishedWeights } from './finished-weights.js';
import { arithmeticBaseSettings } from './settings.js';

/** The base model of `orz-tiny`; a plugin of its own, because only it needs an engine to train with. */
export default definePlugin({
  name: 'model-arithmetic-base',
  requires: ['engine', 'optimizer'],
  provides: [
    provide('model', 'arithmetic-base', {
      description: 'A small decoder trained on generated, imperfect worked sums; needs no download',
      settings: arithmeticBaseSettings,
      create: (settings, context) => {
        const [engines, optimizer] = [context.get('engine'), context.get('optimizer')];
        const makers = {
          engine: context.identity('engine'),
          optimizer: context.identity('optimizer'),
          device: engines.device && `${engines.device.backend} on ${engines.device.device}`,
        };
        return createArithmeticBase(settings, {
          engines,
          optimizer,
          finished: finishedWeights(settings, makers, context.platform),
        });
      },
    }),
  ],
});

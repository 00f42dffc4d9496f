import { definePlugin, provide } from '../../core/plugin/define.js';
import { createArithmeticBase } from './base-model.js';
import { arithmeticBaseSettings } from './settings.js';

/** The base model of `orz-tiny`; a plugin of its own, because only it needs an engine to train with. */
export default definePlugin({
  name: 'model-arithmetic-base',
  requires: ['engine', 'optimizer'],
  provides: [
    provide('model', 'arithmetic-base', {
      description: 'A small decoder trained on the spot on generated, imperfect worked sums; needs no download',
      settings: arithmeticBaseSettings,
      create: (settings, context) => createArithmeticBase(settings, context.get('engine'), context.get('optimizer')),
    }),
  ],
});

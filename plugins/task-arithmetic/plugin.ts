import { definePlugin, provide } from '../../core/plugin/define.js';
import { createArithmeticProblems } from './problems.js';
import { arithmeticDataSettings } from './settings.js';

/** The task of `orz-tiny`: endless sums. */
export default definePlugin({
  name: 'task-arithmetic',
  provides: [
    provide('data', 'arithmetic', {
      description: 'Sums of a few one-digit numbers; endless for training, 2,048 held out',
      settings: arithmeticDataSettings,
      create: (settings, { random }) => createArithmeticProblems(settings, random),
    }),
  ],
});

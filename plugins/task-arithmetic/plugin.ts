import { definePlugin, provide } from '../../core/plugin/define.js';
import { createChainProblems } from './chain/problems.js';
import { chainDataSettings } from './chain/settings.js';
import { createArithmeticProblems } from './problems.js';
import { arithmeticDataSettings } from './settings.js';

/** The tasks of `orz-tiny` and `orz-lab`: endless sums and chains of additions. */
export default definePlugin({
  name: 'task-arithmetic',
  provides: [
    provide('data', 'arithmetic', {
      description: 'Sums of a few one-digit numbers; endless for training, 2,048 held out',
      settings: arithmeticDataSettings,
      create: (settings, { random }) => createArithmeticProblems(settings, random),
    }),
    provide('data', 'chain', {
      description: 'Long chains of labelled one-digit numbers, for answers of 100 tokens; three sets held out',
      settings: chainDataSettings,
      create: (settings, { random }) => createChainProblems(settings, random),
    }),
  ],
});

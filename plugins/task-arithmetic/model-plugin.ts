import { definePlugin, provide, type ProviderContext } from '../../core/plugin/define.js';
import { createChainCorpus } from './chain/corpus.js';
import { chainBaseSettings } from './chain/settings.js';
import { createChainTokenizer } from './chain/tokenizer.js';
import { createArithmeticCorpus } from './corpus.js';
import { finishedWeights, type Recipe } from './finished-weights.js';
import { arithmeticBaseSettings } from './settings.js';
import { createArithmeticTokenizer } from './tokenizer.js';
import { createTrainedBase, type BaseModelParts } from './trained-base.js';

/** Positions the models have; prompts and responses of the tasks are shorter. */
const maxPositions = 256;
const defaultsOf = { arithmetic: arithmeticBaseSettings.parse({}), chain: chainBaseSettings.parse({}) };

/** The base models of `orz-tiny` and `orz-lab`; a plugin of its own, because only they need an engine to train with. */
export default definePlugin({
  name: 'model-arithmetic-base',
  requires: ['engine', 'optimizer'],
  provides: [
    provide('model', 'arithmetic-base', {
      description: 'A small decoder trained on generated, imperfect worked sums; needs no download',
      settings: arithmeticBaseSettings,
      create: (settings, context) =>
        createTrainedBase(
          {
            name: 'arithmetic-base',
            tokenizer: createArithmeticTokenizer({ tools: settings.toolShare > 0 }),
            corpus: (random) => createArithmeticCorpus(settings, random),
            maxPositions,
            settings,
          },
          partsOf({ name: 'arithmetic-base', settings, defaults: defaultsOf.arithmetic }, context),
        ),
    }),
    provide('model', 'chain-base', {
      description: 'A small decoder trained on long worked chains of additions, most of them cut short by a guess',
      settings: chainBaseSettings,
      create: (settings, context) =>
        createTrainedBase(
          {
            name: 'chain-base',
            tokenizer: createChainTokenizer(),
            corpus: (random) => createChainCorpus(settings, random),
            maxPositions,
            settings,
            seed: settings.baseSeed,
          },
          partsOf({ name: 'chain-base', settings, defaults: defaultsOf.chain }, context),
        ),
    }),
  ],
});

function partsOf(recipe: Recipe, context: ProviderContext): BaseModelParts {
  const [engines, optimizer] = [context.get('engine'), context.get('optimizer')];
  const makers = {
    engine: context.identity('engine'),
    optimizer: context.identity('optimizer'),
    device: engines.device && `${engines.device.backend} on ${engines.device.device}`,
  };
  return { engines, optimizer, finished: finishedWeights(recipe, makers, context.platform) };
}

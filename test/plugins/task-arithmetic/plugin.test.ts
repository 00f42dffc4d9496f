import { expect, test } from 'vitest';
import type { ProviderContext } from '../../../core/plugin/define.js';
import { createRandom } from '../../../core/random.js';
import plugin from '../../../plugins/task-arithmetic/plugin.js';

test('provides the problems under the name that configurations use', async () => {
  const provider = plugin.provides.find(({ slot }) => slot === 'data')!;
  expect(provider.type).toBe('arithmetic');
  const settings = provider.settings.parse({ maxTerms: 4 });
  const source = await provider.create(settings as never, { random: createRandom(1) } as ProviderContext);
  expect(source.name).toBe('arithmetic');
  const { train } = await source.open();
  const terms = Array.from({ length: 200 }, (_, i) => train.at(i).prompt.split('+').length);
  expect([Math.min(...terms), Math.max(...terms)]).toEqual([3, 4]);
});

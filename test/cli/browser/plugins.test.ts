import { expect, it } from 'vitest';
import { builtinPlugins } from '../../../cli/builtin-plugins.js';
import { browserBackends } from '../../../cli/browser/messages.js';
import { portableBackends, portablePlugins } from '../../../cli/browser/worker/plugins.js';
import { bundledRewards } from '../../../cli/browser/worker/rewards.js';

const types = (slot: string): string[] =>
  [...portablePlugins, ...portableBackends].flatMap(({ provides }) =>
    provides.filter((provider) => provider.slot === slot).map(({ type }) => type),
  );

it('the plugins of the page are those of the command line', async () => {
  for (const plugin of [...portablePlugins, ...portableBackends]) {
    const builtin = builtinPlugins.find(({ name }) => name === plugin.name);
    expect(builtin && 'load' in builtin ? await builtin.load() : builtin, plugin.name).toBe(plugin);
  }
});

it('every reward that can be chosen is bundled', () => {
  expect([...bundledRewards.keys()]).toEqual(types('reward'));
});

it('the backends the page offers are there', () => {
  expect(types('backend').toSorted()).toEqual(browserBackends.toSorted());
});

import { expect, it } from 'vitest';
import { rememberFile } from '../../../core/boundary/part.js';
import { resolveConfig } from '../../../core/config/resolve.js';
import { identityOf } from '../../../core/container/identity.js';
import { createRegistry } from '../../../core/plugin/registry.js';
import { completeValues, fakePlugin, fakePlugins } from '../config/fake-plugins.js';

const engine = fakePlugin('engine', 'plain', { requires: ['backend'] });

async function slotsWith(values: Record<string, unknown> = {}) {
  const layers = [{ label: 'whole', values: { ...completeValues, ...values } }];
  return (await resolveConfig(layers, createRegistry(fakePlugins({ engine })))).slots;
}

it('names a slot, what it requires, and their settings', async () => {
  const identity = identityOf('engine', await slotsWith());
  expect(JSON.parse(identity ?? '')).toEqual([
    ['backend', expect.any(String), {}],
    ['engine', 'plain', {}],
  ]);
});

it('does not speak for a plugin of the user', async () => {
  const slots = await slotsWith();
  const backend = slots.get('backend');
  if (backend) rememberFile(backend.plugin, '/home/me/backend.ts');
  expect(identityOf('engine', slots)).toBeUndefined();
});

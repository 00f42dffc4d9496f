import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { builtinPlugins } from '../../cli/builtin-plugins.js';
import { packageRoot } from '../../cli/setup/project.mjs';
import { contractTokens } from '../../core/contracts/contract-tokens.js';
import { createRegistry } from '../../core/plugin/registry.js';

it('every built-in plugin provides what the table says, and every slot has a provider', async () => {
  const found = await createRegistry(builtinPlugins).all();
  expect(new Set(found.map(({ provider }) => provider.slot))).toEqual(new Set(Object.keys(contractTokens)));
});

it('every folder of plugins is in the table', () => {
  expect(createRegistry(builtinPlugins).names).toEqual(
    expect.arrayContaining(readdirSync(join(packageRoot, 'plugins'))),
  );
});

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createModelCache } from '../../../cli/platform/model-cache.js';
import { elementAt } from '../../../core/arrays.js';
import { temporaryFolder } from '../temporary-folder.js';

const content = Uint8Array.of(1, 2, 3);

it('finds under a key what was kept under it, and nothing else', async () => {
  const cache = createModelCache(join(temporaryFolder(), 'not', 'made', 'yet'));
  expect(await cache.find('seed 1')).toBeUndefined();
  await cache.keep('seed 1', content);
  expect(await createModelCache(cache.location).find('seed 1')).toEqual(content);
  expect(await cache.find('seed 2')).toBeUndefined();
});

it('may keep the same twice', async () => {
  const cache = createModelCache(temporaryFolder());
  await Promise.all([cache.keep('seed 1', content), cache.keep('seed 1', content)]);
  expect(readdirSync(cache.location)).toHaveLength(1);
  expect(await cache.find('seed 1')).toEqual(content);
});

it.each([
  ['changed', Uint8Array.of(1, 2, 4)],
  ['torn', Uint8Array.of(1, 2)],
])('says once that what it kept was damaged: %s', async (_, damaged) => {
  const cache = createModelCache(temporaryFolder());
  await cache.keep('seed 1', content);
  const file = join(cache.location, elementAt(readdirSync(cache.location), 0));
  expect(new Uint8Array(readFileSync(file))).toEqual(content);
  writeFileSync(file, damaged);
  expect(await cache.find('seed 1')).toBe('damaged');
  expect(await cache.find('seed 1')).toBeUndefined();
});

it('that cannot be written to is ORZ_STORAGE', async () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  await expect(createModelCache(file).keep('seed 1', content)).rejects.toMatchObject({ code: 'ORZ_STORAGE' });
});

import { expect, it } from 'vitest';
import type { Storage } from '../../../core/contracts/storage.js';
import type { ProviderContext } from '../../../core/plugin/define.js';
import plugin from '../../../plugins/metrics-jsonl/plugin.js';

const [provider] = plugin.provides;

it('appends one JSON object per iteration to a file of the run folder', async () => {
  const appended: [string, string][] = [];
  const storage = {
    append: async (path: string, text: string) => {
      appended.push([path, text]);
    },
  } as Partial<Storage> as Storage;
  const settings = provider.settings.parse({});
  const sink = await provider.create(settings as never, { platform: { storage } } as ProviderContext);
  await sink.record({ iteration: 1, reward: 0.5, kl: null, seconds: { total: 1 } });
  await sink.record({ iteration: 2, note: 'two\nlines' });
  expect(appended.map(([path]) => path)).toEqual(['metrics.jsonl', 'metrics.jsonl']);
  expect(
    appended
      .map(([, text]) => text)
      .join('')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { iteration: 1, reward: 0.5, kl: null, seconds: { total: 1 } },
    { iteration: 2, note: 'two\nlines' },
  ]);
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gatherConfig } from '../../../cli/config/gather.js';
import { chooseBenchmarks, divideSettings, type BenchmarkChoice } from '../../../cli/evaluate/choose-benchmarks.js';
import { createNodePlatform } from '../../../cli/platform/node-platform.js';
import { silentEvents } from '../../../core/silent-events.js';
import { temporaryFolder } from '../temporary-folder.js';

async function choose(choice: Partial<BenchmarkChoice>, config: string | false = false) {
  const { resolved, registry, plugins } = await gatherConfig({ config }, process.cwd());
  const context = { resolved, registry, plugins, platform: createNodePlatform('.'), events: silentEvents };
  return chooseBenchmarks({ names: [], set: [], shared: {}, chat: false, ...choice }, context);
}

describe('chosen benchmarks', () => {
  it('are measured as published, unless flags or settings say otherwise', async () => {
    const names = ['math500', 'gsm8k'];
    const [math, gsm8k] = await choose({ names, set: ['benchmarks.gsm8k.samples=4'], shared: { temperature: 0 } });
    expect(math?.protocol).toMatchObject({ samples: 16, temperature: 0, topP: 1, maxResponseTokens: 8000 });
    expect(gsm8k?.protocol).toMatchObject({ samples: 4, temperature: 0 });
    expect(gsm8k?.protocol.origin).toMatch(/^samples, temperature: chosen; otherwise /);
  });

  it('look for answers anywhere in a chat, and for letters where there are options', async () => {
    const names = ['math500', 'mmlu', 'gpqa-diamond'];
    const chosen = await choose({ names, chat: true, set: ['benchmarks.gpqa-diamond.extraction=box'] });
    expect(chosen.map(({ grading }) => grading)).toEqual([
      { type: 'math', extraction: 'anywhere' },
      { type: 'letter' },
      { type: 'math', extraction: 'answer-tags' },
    ]);
  });

  it('are the held-out sets of a run where none is named', async () => {
    const [heldOut] = await choose({ run: 'runs/mine', shared: { samples: 3, limit: 2 } });
    expect(heldOut).toMatchObject({ name: 'held-out', grading: { type: 'math' }, protocol: { samples: 3, topP: 1 } });
    expect((await heldOut?.open())?.length).toBe(2);
  });

  it('may come from plugins of the user', async () => {
    const folder = temporaryFolder();
    writeFileSync(
      join(folder, 'mine.mjs'),
      `import { definePlugin, provide, z } from 'open-reasoner-zero';
      export default definePlugin({ name: 'mine', provides: [provide('benchmark', 'mine', {
        description: 'One question', settings: z.strictObject({}),
        create: () => ({ name: 'mine', title: 'Mine', source: 'me', licence: 'MIT', questions: 1, form: 'open',
          protocol: { samples: 1, temperature: 1, topP: 1, maxResponseTokens: 9, origin: 'me' },
          grading: { type: 'math' },
          open: async () => ({ length: 1, at: () => ({ id: 'q', prompt: '1+1', answer: '2' }) }) }) })] });`,
    );
    writeFileSync(join(folder, 'orz.config.json'), JSON.stringify({ preset: 'orz-tiny', plugins: ['./mine.mjs'] }));
    const [mine] = await choose({ names: ['mine'] }, join(folder, 'orz.config.json'));
    expect((await mine?.open())?.at(0)).toMatchObject({ prompt: '1+1', answer: '2' });
  });

  it.each([
    [{ names: ['mat500'] }, 'Did you mean math500?'],
    [{ names: [] }, 'orz-train benchmarks'],
    [{ names: ['mmlu'], set: ['benchmarks.gsm8k.samples=2'] }, 'Name the benchmark'],
    [{ names: ['mmlu', 'mmlu'] }, 'Name it once'],
  ])('cannot be %j', async (choice, remedy) => {
    await expect(choose(choice)).rejects.toMatchObject({
      code: 'ORZ_USAGE',
      details: { remedy: expect.stringContaining(remedy) as string },
    });
  });

  it('have settings of their own, apart from those of the configuration', () => {
    expect(divideSettings(['benchmarks.mmlu.limit=1', 'backend.threads=1'])).toEqual({
      benchmarks: ['benchmarks.mmlu.limit=1'],
      config: ['backend.threads=1'],
    });
  });
});

import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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

/** A plugin with a benchmark of the type `mine`; it has no settings. */
const ownBenchmark = (name: string): string => `import { definePlugin, provide, z } from 'open-reasoner-zero';
  export default definePlugin({ name: 'mine', provides: [provide('benchmark', 'mine', {
    description: 'Two questions', settings: z.strictObject({}),
    create: () => ({ name: '${name}', title: 'Mine', source: 'me', licence: 'MIT', questions: 2, form: 'open',
      protocol: { samples: 1, temperature: 1, topP: 1, maxResponseTokens: 9, origin: 'me' },
      grading: { type: 'math' },
      open: async () => ({
        length: 2, at: (i) => ({ id: 'q' + i, prompt: '1+' + (i + 1), answer: String(i + 2) }) }),
    }) })] });`;

function configWithPlugin(name = 'mine'): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'mine.mjs'), ownBenchmark(name));
  const config = join(folder, 'orz.config.json');
  writeFileSync(config, JSON.stringify({ preset: 'orz-tiny', plugins: ['./mine.mjs'] }));
  return config;
}

describe('chosen benchmarks', () => {
  it('are measured as published, unless flags or settings say otherwise', async () => {
    const names = ['math500', 'gsm8k'];
    const [math, gsm8k] = await choose({ names, set: ['benchmarks.gsm8k.samples=4'], shared: { temperature: 0 } });
    expect(math?.protocol).toMatchObject({ samples: 16, temperature: 0, topP: 1, maxResponseTokens: 8000 });
    expect(gsm8k?.protocol).toMatchObject({ samples: 4, temperature: 0 });
    expect(gsm8k?.protocol.origin).toMatch(/^temperature: chosen; otherwise samples: chosen; otherwise /);
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

  it('are those of the settings of a set, where the run has some', async () => {
    const folder = temporaryFolder();
    const sets = { 'held-out': { samples: 4, topP: 0.9, problems: 3 } };
    const config = join(folder, 'orz.config.json');
    writeFileSync(config, JSON.stringify({ preset: 'orz-tiny', evaluation: { sets, temperature: 0.6 } }));
    const [asTrained] = await choose({ run: 'runs/mine' }, config);
    expect(asTrained?.protocol).toMatchObject({ samples: 4, temperature: 0.6, topP: 0.9 });
    expect((await asTrained?.open())?.length).toBe(3);
    const [chosen] = await choose({ run: 'runs/mine', shared: { topP: 1, limit: 5 } }, config);
    expect(chosen?.protocol).toMatchObject({
      ...{ samples: 4, topP: 1 },
      origin: 'topP: chosen; otherwise configuration of the run',
    });
    expect((await chosen?.open())?.length).toBe(5);
  });

  it('may come from plugins of the user', async () => {
    const [mine] = await choose({ names: ['mine'] }, configWithPlugin());
    expect((await mine?.open())?.at(0)).toMatchObject({ prompt: '1+1', answer: '2' });
  });

  it.each([
    ['a published one', 'math500', 16],
    ['a file', './exam.jsonl', 16],
    ['one of a plugin that has no settings', 'mine', 1],
  ])('take every flag: %s', async (_, name, samples) => {
    const config = configWithPlugin();
    const numbers = { samples: 3, temperature: 0.5, topP: 0.9, maxResponseTokens: 7 };
    const path = join(dirname(config), 'exam.jsonl');
    writeFileSync(path, '{"question":"1+1","answer":"2"}\n{"question":"1+2","answer":"3"}\n');
    const set = name === 'mine' ? [] : [`benchmarks.${name.includes('/') ? 'file' : name}.path=${path}`];
    const names = [name.replace('./exam.jsonl', path)];
    const [plain] = await choose({ names, set }, config);
    expect(plain?.protocol.samples).toBe(samples);
    expect((await plain?.open())?.length).toBe(2);
    const [chosen] = await choose({ names, set, shared: { ...numbers, limit: 1 } }, config);
    expect(chosen?.protocol).toMatchObject({ ...numbers, origin: expect.stringMatching(/^samples, .*: chosen; /) });
    expect((await chosen?.open())?.length).toBe(1);
    const [many] = await choose({ names, set, shared: { limit: 9 } }, config);
    expect((await many?.open())?.length).toBe(2);
  });

  it('take settings inside of settings', async () => {
    const path = join(temporaryFolder(), 'exam.jsonl');
    writeFileSync(path, '{"ask":"1+1","say":"2"}\n');
    const set = ['benchmarks.file.fields.prompt=ask', 'benchmarks.file.fields.answer=say'];
    const [exam] = await choose({ names: [path], set });
    expect((await exam?.open())?.at(0)).toMatchObject({ prompt: '1+1', answer: '2' });
  });

  it.each(['5', 'null', '[1]', 'text'])('have no settings that are %s', async (value) => {
    const set = [`benchmarks.mmlu=${value}`];
    await expect(choose({ names: ['mmlu'], set })).rejects.toMatchObject({
      code: 'ORZ_CONFIG_INVALID',
      message: expect.stringContaining('benchmarks.mmlu takes settings, not') as string,
    });
  });

  it.each([
    [{ names: ['mat500'] }, 'Did you mean math500?'],
    [{ names: [] }, 'orz-train benchmarks'],
    [{ names: ['mmlu'], set: ['benchmarks.gsm8k.samples=2'] }, 'Name the benchmark'],
    [{ run: 'runs/mine', set: ['benchmarks.gsm8k.samples=2'] }, 'Name the benchmark'],
    [{ names: ['mmlu', 'mmlu'] }, 'Name it once'],
  ])('cannot be %j', async (choice, remedy) => {
    await expect(choose(choice)).rejects.toMatchObject({
      code: 'ORZ_USAGE',
      details: { remedy: expect.stringContaining(remedy) as string },
    });
  });

  it.each(['.hidden', 'exam.partial'])('cannot be called %s', async (name) => {
    await expect(choose({ names: ['mine'] }, configWithPlugin(name))).rejects.toMatchObject({
      ...{ code: 'ORZ_USAGE', details: { value: name } },
    });
  });

  it('have settings of their own, apart from those of the configuration', () => {
    expect(divideSettings(['benchmarks.mmlu.limit=1', 'backend.threads=1'])).toEqual({
      benchmarks: ['benchmarks.mmlu.limit=1'],
      config: ['backend.threads=1'],
    });
  });
});

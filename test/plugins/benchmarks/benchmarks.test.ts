import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createNodePlatform } from '../../../cli/platform/node-platform.js';
import { silentEvents } from '../../../core/silent-events.js';
import { fileBenchmark, publishedBenchmark } from '../../../plugins/benchmarks/benchmark.js';
import { catalogue } from '../../../plugins/benchmarks/catalogue.js';
import plugin from '../../../plugins/benchmarks/plugin.js';
import { benchmarkSettings, fileBenchmarkSettings } from '../../../plugins/benchmarks/settings.js';
import { temporaryFolder } from '../../cli/temporary-folder.js';

const host = { platform: createNodePlatform('.'), events: silentEvents };
const options = ['red', 'green', 'blue', 'white'];

function mmluFile(records = 50): string {
  const path = join(temporaryFolder(), 'mmlu.jsonl');
  const lines = Array.from({ length: records }, (_, i) =>
    JSON.stringify({ question: `Which colour has number ${i}?`, choices: options, answer: i % 4 }),
  );
  writeFileSync(path, lines.join('\n'));
  return path;
}

async function problemsOf(settings: Readonly<Record<string, unknown>>) {
  const known = catalogue.find(({ name }) => name === 'mmlu')!;
  const list = await publishedBenchmark(known, benchmarkSettings.parse(settings), host).open();
  return Array.from({ length: list.length }, (_, i) => list.at(i));
}

describe('benchmarks', () => {
  it('are all provided by the plugin, and say where their numbers come from', () => {
    const types = plugin.provides.map(({ type }) => type as string);
    expect(types).toEqual([...catalogue.map(({ name }) => name), 'file']);
    for (const { protocol, source, licence } of catalogue) {
      expect(protocol.origin).toMatch(/section|this project/);
      expect(source).not.toBe('');
      expect(licence).not.toBe('');
    }
  });

  it('keep the order of the options without a seed', async () => {
    const [first] = await problemsOf({ path: mmluFile() });
    expect(first).toMatchObject({
      prompt: 'Which colour has number 0?\n\nA. red\nB. green\nC. blue\nD. white',
      answer: 'A',
    });
  });

  it('show the options in another order with each seed, and the right letter follows', async () => {
    const path = mmluFile();
    const [plain, once, again, other] = await Promise.all(
      [null, 1, 1, 2].map((optionSeed) => problemsOf({ path, optionSeed })),
    );
    expect(once).toEqual(again);
    expect(once).not.toEqual(other);
    expect(once).not.toEqual(plain);
    const optionOf = ({ prompt, answer }: { prompt: string; answer: string }) =>
      prompt
        .split('\n')
        .find((line) => line.startsWith(`${answer}. `))
        ?.slice(3);
    expect(once?.map(optionOf)).toEqual(plain?.map(optionOf));
    // Each letter is right about equally often: 50 questions, so that 3 of a letter would be chance below 0.1 %.
    for (const letter of 'ABCD') expect(once?.filter(({ answer }) => answer === letter).length).toBeGreaterThan(3);
  });

  it('take the first questions only where a limit says so', async () => {
    expect(await problemsOf({ path: mmluFile(), limit: 3 })).toHaveLength(3);
  });

  it('refuse a seed for options that a file does not have apart', async () => {
    const path = join(temporaryFolder(), 'open.jsonl');
    writeFileSync(path, JSON.stringify({ problem: '1+1', answer: '2' }));
    await expect(problemsOf({ path, optionSeed: 1 })).rejects.toMatchObject({ code: 'ORZ_CONFIG_INVALID' });
  });

  it('refuse a file and a dataset at once', () => {
    const settings = benchmarkSettings.parse({ path: 'a.jsonl', hub: 'owner/name' });
    expect(() => publishedBenchmark(catalogue[0]!, settings, host)).toThrow(/benchmarks\.math500\.path/);
  });

  it('of the user are named after their file', async () => {
    const path = join(temporaryFolder(), 'my exam.v2.jsonl');
    writeFileSync(path, JSON.stringify({ q: 'Capital of France?', a: 'Paris' }));
    const fields = { prompt: 'q', answer: 'a' };
    const made = fileBenchmark(fileBenchmarkSettings.parse({ path, fields }), host);
    expect(made).toMatchObject({ name: 'my-exam.v2', title: 'my-exam.v2', licence: 'unknown', questions: null });
    expect((await made.open()).at(0)).toMatchObject({ prompt: 'Capital of France?', answer: 'Paris' });
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { argumentsOf, fencesOf } from './pages.js';
import { temporaryFolder } from '../cli/temporary-folder.js';
import { runCli } from '../cli/commands/run-cli.js';
import { tiny } from './tiny-run.js';

const block = fencesOf('docs/data.md').find(({ language }) => language === 'mine')?.text ?? '';
const commands = block
  .replaceAll(/\\\n\s*/g, ' ')
  .trim()
  .split('\n')
  .map(argumentsOf);

/** The commands of the page, smaller: numbers of problems and iterations, and sizes of the model. */
const shrunk = (args: readonly string[]): string[] =>
  args.map((word, i) => (['--iterations', '--limit'].includes(args[i - 1] ?? '') ? '2' : word));
const set = (settings: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(settings).flatMap(([path, value]) => ['--set', `${path}=${String(value)}`]);
const ofRun = Object.fromEntries(Object.entries(tiny).filter(([path]) => !/^model|^iterations/.test(path)));

describe('the sequence of docs/data.md', () => {
  it('trains, mines and anneals', async () => {
    const folder = temporaryFolder();
    const [train = [], mine = [], anneal = []] = commands;
    const model = Object.fromEntries(Object.entries(tiny).filter(([path]) => path.startsWith('model')));
    const more = [[...set(ofRun), ...set(model)], ['--samples', '3'], set({ ...ofRun, iterations: 2 })];
    const printed: string[] = [];
    for (const [i, args] of [train, mine, anneal].entries()) {
      const { code, stdout, stderr } = await runCli([...shrunk(args), ...(more[i] ?? [])], folder);
      expect([code, stderr.includes('ORZ_')], stderr + stdout).toEqual([0, false]);
      printed.push(stdout);
    }
    expect(commands).toHaveLength(3);
    expect(printed[1]).toMatch(/^Pass rates of 2 problems\n/);
    const text = (path: string): string => readFileSync(join(folder, path), 'utf8');
    const records = text('mined/first/mined.jsonl').trimEnd().split('\n');
    expect(records.map((line) => (JSON.parse(line) as { samples: number }).samples)).toEqual([3, 3]);
    const config = JSON.parse(text('runs/annealed/config.json')) as object;
    expect(config).toMatchObject({ model: { type: 'huggingface' }, dataFilters: { passRate: { max: 0.8 } } });
    const rates = text('runs/annealed/metrics.jsonl')
      .trimEnd()
      .split('\n')
      .flatMap((line) => (JSON.parse(line) as { policyLearningRate?: number }).policyLearningRate ?? []);
    // From 5e-4 of orz-tiny to 3e-7 in 100 steps.
    [1, 2].forEach((step, i) => {
      expect(rates[i]).toBeCloseTo(5e-4 + ((3e-7 - 5e-4) * step) / 100, 12);
    });
    const before = JSON.parse(text('mined/first/settings.json')) as { model: { weights: string } };
    expect(before.model.weights).toMatch(/^[0-9a-f]{64}$/);
  });
});

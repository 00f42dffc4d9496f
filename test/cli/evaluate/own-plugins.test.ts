import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../../cli/main.js';
import { exitCodes } from '../../../cli/report-error.js';
import type { EvaluationResults } from '../../../core/evaluation/results.js';
import { writeExampleFolder } from '../../support/example-folder.js';
import { useFolder } from '../commands/in-folder.js';
import { startServer } from './served/answering.js';

const current = useFolder();

/** A benchmark whose questions are letters, a template that adds nothing, and a reward for any text at all. */
const plugin = `import { definePlugin, provide, z } from 'open-reasoner-zero';
const none = { description: 'For a test', settings: z.strictObject({}) };
const protocol = { samples: 2, temperature: 1, topP: 1, maxResponseTokens: 6, origin: 'test' };
const about = { title: 'Letters', source: 'test', licence: 'MIT', questions: 2, form: 'open', protocol };
const at = (i) => ({ id: String(i), prompt: 'abc'[i], answer: 'a' });
const create = () => ({ name: 'letters', ...about, grading: { type: 'kind' }, open: async () => ({ length: 2, at }) });
export default definePlugin({ name: 'mine', version: '4.2', provides: [
  provide('benchmark', 'letters', { ...none, create }),
  provide('template', 'bare', { ...none, create: () => ({ name: 'bare', render: ({ prompt }) => prompt, stop: [] }) }),
  provide('reward', 'kind', { ...none, create: () => ({
    moduleUrl: new URL('./kind.mjs', import.meta.url).href, settings: {} }) }),
] });`;

const kind = `const correct = { value: 1, verdict: 'correct', answer: 'a' };
export default () => ({ name: 'kind', grade: (group) => group.map(() => correct) });`;

let model = '';

beforeEach(async () => {
  model = await writeExampleFolder(current.folder);
  writeFileSync(join(current.folder, 'mine.mjs'), plugin);
  writeFileSync(join(current.folder, 'kind.mjs'), kind);
});

function writeConfig(name: string): void {
  const config = { plugins: ['./mine.mjs'], template: 'bare', backend: 'reference', seed: 3 };
  writeFileSync(join(current.folder, name), JSON.stringify(config));
}

const evaluate = (...args: readonly string[]): Promise<number> =>
  main(['evaluate', 'letters', '--out', 'out', ...args]);

const results = (): EvaluationResults =>
  JSON.parse(readFileSync(join(current.folder, 'out', 'results.json'), 'utf8')) as EvaluationResults;

describe('plugins of a configuration file', () => {
  it('are found as for training: benchmark, reward, template and settings hold for any model', async () => {
    writeConfig('orz.config.json');
    expect([await evaluate('--model', model), current.printed.err]).toEqual([
      0,
      expect.stringContaining('Results and responses are in out') as string,
    ]);
    expect(results()).toMatchObject({
      seed: 3,
      model: { prompt: { type: 'bare' }, computedBy: { type: 'reference' } },
      benchmarks: [
        { name: 'letters', grading: { type: 'kind' }, verifier: 'kind 4.2', statistics: { mean: { mean: 1 } } },
      ],
    });
    const [first = ''] = readFileSync(join(current.folder, 'out/responses/letters.jsonl'), 'utf8').split('\n');
    expect(JSON.parse(first)).toMatchObject({ prompt: 'a', reward: 1 });
  });

  it('are those of --config, for a model at a server too', async () => {
    writeConfig('other.json');
    const server = await startServer();
    expect([await evaluate('--url', server.url, '--config', 'other.json'), current.printed.err]).toEqual([
      0,
      expect.any(String) as string,
    ]);
    expect(results()).toMatchObject({ seed: 3, benchmarks: [{ verifier: 'kind 4.2', questions: [{}, {}] }] });
    expect(server.prompts).toHaveLength(4);
  });

  it('are left alone with --no-config', async () => {
    writeConfig('orz.config.json');
    expect(await evaluate('--model', model, '--no-config')).toBe(exitCodes.usage);
    expect(current.printed.err).toContain("There is no benchmark 'letters'");
  });

  it('do not replace the configuration of a run', async () => {
    expect(await evaluate('--run-dir', 'runs/mine', '--config', 'orz.config.json')).toBe(exitCodes.usage);
    expect(current.printed.err).toContain('plugins=["./mine.ts"]');
  });
});

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli, startCli } from '../cli/commands/run-cli.js';
import { until } from '../support/until.js';
import { argumentsOf, commandsOf, samplesOf } from './pages.js';
import { tiny } from './tiny-run.js';

const page = 'docs/tutorial.md';
const commands = commandsOf(page).map(argumentsOf);
const commandOf = (args: readonly string[]): string => (args[0]?.startsWith('--') ? 'train' : (args[0] ?? 'train'));

/** Small enough for a second; the chain-base model of the studies is cut to the size of the tiny one. */
const settings = (args: readonly string[]): string[] =>
  Object.entries(tiny)
    .filter(([path]) => !(args.includes('--iterations') && path === 'iterations'))
    .flatMap(([path, value]) => ['--set', `${path}=${String(value)}`]);
const shrunk = (args: readonly string[]): string[] =>
  args.map((word, i) => (args[i - 1] === '--iterations' ? '1' : word));

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'orz-tutorial-'));
  for (const { file, text } of samplesOf(page)) writeFileSync(join(folder, file), text);
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** One after another: the later ones look at the run of the first. */
describe('the commands of the tutorial', () => {
  it('are all here', () => {
    expect(commands.map(commandOf)).toEqual([
      ...['train', 'generate', 'dashboard', 'study', 'study', 'study', 'train', 'dashboard'],
    ]);
  });

  it.each(commands.map((args, i) => [i, args.join(' ') || 'npm start', args] as const))(
    '%i: %s',
    async (_, __, args) => {
      const command = commandOf(args);
      if (command === 'dashboard') {
        const running = startCli([...args, '--port', '0'], folder);
        await until(() => running.stdout().includes('http://'));
        running.process.kill();
        await running.result;
        return;
      }
      const small = command === 'train' || command === 'study' ? settings(args) : ['--backend', 'reference'];
      const { code, stdout, stderr } = await runCli([...shrunk(args), ...small], folder);
      expect(code, stderr + stdout).toBe(0);
      expect(stdout + stderr).not.toContain('ORZ_');
    },
  );

  it('leave what the tutorial names', () => {
    expect(existsSync(join(folder, 'runs/studies/gae-lambda/report.html'))).toBe(true);
    expect(existsSync(join(folder, 'runs/studies/my-first-study/study.json'))).toBe(true);
    const config = readFileSync(join(folder, 'runs/confident/config.json'), 'utf8');
    expect(JSON.parse(config)).toMatchObject({ reward: { type: 'confident' } });
  });
});

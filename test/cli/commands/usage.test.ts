import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gatherConfig } from '../../../cli/config/gather.js';
import { main } from '../../../cli/main.js';
import { errorKinds } from '../../../core/error-kinds.js';
import { exitCodes } from '../../../cli/report-error.js';
import { useFolder } from './in-folder.js';

const test = useFolder();

describe('wrong use', () => {
  it.each([
    [['confg'], 'ORZ_USAGE', `There is no command 'confg'`, 'orz-train config'],
    [['orz-tiny'], 'ORZ_USAGE', `There is no command 'orz-tiny'`, '--preset'],
    [['--presett', 'orz-tiny'], 'ORZ_USAGE', 'There is no option --presett', 'Did you mean --preset?'],
    [['config', '--jsonn'], 'ORZ_USAGE', 'There is no option --jsonn', 'Did you mean --json?'],
    [['--seed'], 'ORZ_USAGE', '--seed', '--help'],
    [['train', 'more'], 'ORZ_USAGE', 'Too many arguments', '--help'],
    [['generate'], 'ORZ_USAGE', 'prompt', '--help'],
    [['grade'], 'ORZ_USAGE', '--input', '--help'],
    [['--preset', 'orz-tny'], 'ORZ_PRESET_UNKNOWN', `There is no preset 'orz-tny'`, 'orz-tiny'],
    [['--set', 'backend=onx'], 'ORZ_BACKEND_UNKNOWN', 'onx', 'onnx'],
    [['--set', 'rewrad=math'], 'ORZ_CONFIG_UNKNOWN_KEY', 'rewrad', 'reward'],
    [['--set', 'temperature=9'], 'ORZ_CONFIG_INVALID', 'temperature', 'at most 5'],
    [['--set', 'temperature'], 'ORZ_USAGE', 'path=value', '--set advantage.lambda'],
    [['--config', 'none.ts'], 'ORZ_CONFIG_FILE', 'none.ts', 'path'],
    [['--iterations', 'three'], 'ORZ_CONFIG_INVALID', 'iterations', 'integer'],
    [['generate', '1+1'], 'ORZ_DATA_MISSING', 'no run', 'orz-train'],
    [['generate', '1+1', '--run-dir', 'none'], 'ORZ_DATA_MISSING', 'none', '--run-dir'],
    [['dashboard'], 'ORZ_DATA_MISSING', 'no run', 'orz-train'],
    [['dashboard', 'none'], 'ORZ_DATA_MISSING', 'none', 'runs/'],
    [['report', 'none'], 'ORZ_DATA_MISSING', 'none', 'runs/'],
    [['grade', '--input', 'none.jsonl'], 'ORZ_DATA_MISSING', 'none.jsonl', 'path'],
  ] as const)('%j is %s with its exit code, a remedy, and nothing written', async (args, code, message, remedy) => {
    expect(await main(args)).toBe(exitCodes[errorKinds[code]]);
    expect(test.printed.err).toMatch(new RegExp(`^${code} `));
    expect(test.printed.err).toContain(message);
    expect(test.printed.err).toContain(remedy);
    expect(readdirSync(test.folder)).toEqual([]);
  });

  it('a preset that this machine cannot hold says what it would need, and writes nothing', async () => {
    expect(await main(['--preset', 'orz-32b'])).toBe(4);
    expect(test.printed.err).toMatch(
      /ORZ_INSUFFICIENT This run needs a cluster: it takes about [\d.]+ TB, [\d.]+ TB more/,
    );
    expect(test.printed.err).toMatch(/1\. Write all it takes on \d+ GPUs: .*orz-train cluster --preset orz-32b\n/);
    expect(readdirSync(test.folder)).toEqual([]);
  });
});

describe('listing commands', () => {
  it('--help teaches by examples; every command has its own', async () => {
    expect(await main(['--help'])).toBe(0);
    expect(test.printed.out).toContain('Examples:');
    for (const command of [
      'train',
      'presets',
      'plugins',
      'config',
      'dashboard',
      'report',
      'runs',
      'generate',
      'grade',
      'serve-reward',
      'serve',
      'setup',
    ]) {
      expect(test.printed.out).toMatch(new RegExp(`^ +${command}\\b`, 'm'));
      expect(await main([command, '--help'])).toBe(0);
    }
  });

  it('--version is that of the package', async () => {
    expect(await main(['--version'])).toBe(0);
    expect(test.printed.out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('presets lists every preset', async () => {
    expect(await main(['presets'])).toBe(0);
    for (const name of [
      'orz-tiny',
      'orz-0.5b',
      'orz-1.5b',
      'orz-7b',
      'orz-32b',
      'gae-lambda-0.95',
      'kl-loss',
      'kl-penalty',
    ])
      expect(test.printed.out).toMatch(new RegExp(`^${name} `, 'm'));
  });

  it('plugins lists slots, types and settings, with those of the user', async () => {
    writeFileSync(
      join(test.folder, 'mine.ts'),
      `import { definePlugin, provide, z } from 'open-reasoner-zero';
      export default definePlugin({ name: 'mine', provides: [provide('reward', 'coin', {
        description: 'heads or tails',
        settings: z.object({ bias: z.number().default(0.5).describe('of heads') }),
        create: () => ({ moduleUrl: import.meta.url, settings: {} }),
      })] });`,
    );
    expect(await main(['plugins', '--set', 'plugins=["./mine.ts"]'])).toBe(0);
    expect(test.printed.out).toMatch(
      /coin {2}heads or tails \[mine, mine\.ts\]\n {6}bias: of heads; number \(default 0\.5\)/,
    );
    expect(test.printed.out).toMatch(/^backend {2}contract Backend\n \*onnx/m);
  });

  it('config shows every value with its origin and its source, and the plan', async () => {
    expect(await main(['config', '--preset', 'orz-7b', '--set', 'seed=3'])).toBe(0);
    expect(test.printed.out).toMatch(/^seed +3 +--set seed=3$/m);
    expect(test.printed.out).toMatch(/^model\.path +"Qwen\/Qwen2\.5-7B" +preset orz-7b: paper/m);
    expect(test.printed.out).toMatch(/^shuffleRewards +false +default$/m);
    expect(test.printed.out).toMatch(/parameters +policy 7\.6\d B/);
  });

  it('config --json can be read back as a configuration file', async () => {
    expect(await main(['config', '--json', '--set', 'iterations=5'])).toBe(0);
    const { config, values } = JSON.parse(test.printed.out);
    expect(values).toContainEqual({ path: 'iterations', value: 5, origin: '--set iterations=5' });
    writeFileSync(join(test.folder, 'orz.config.json'), JSON.stringify(config));
    test.printed.out = '';
    expect(await main(['config', '--json'])).toBe(0);
    expect(JSON.parse(test.printed.out).config).toEqual(config);
  });
});

it('a configuration file that a resumed run does not read is said, with the flag that reads it', async () => {
  const { resolved } = await gatherConfig({}, test.folder);
  mkdirSync(join(test.folder, 'run'));
  writeFileSync(join(test.folder, 'run', 'config.json'), JSON.stringify(resolved.config));
  writeFileSync(join(test.folder, 'orz.config.json'), '{ "backend": "webgpu" }');
  expect(await main(['--resume', 'run', '--dry-run'])).toBe(0);
  expect(test.printed.out).toMatch(/device +onnx[^]*orz\.config\.json is not read: add --config orz\.config\.json/);
  test.printed.out = '';
  expect(await main(['--resume', 'run', '--config', 'orz.config.json', '--dry-run'])).toBe(0);
  expect(test.printed.out).toMatch(/device +webgpu/);
  expect(test.printed.out).not.toContain('is not read');
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder.js';
import { runCli, startCli } from './run-cli.js';

it.each([
  ['usage: an option that commander refuses', ['--presett', 'x'], 2],
  ['usage: an argument too many', ['train', 'more'], 2],
  ['usage: a setting', ['--set', 'temperature=9'], 2],
  ['data: a missing file', ['--set', 'data=files', '--set', 'data.train=["none.jsonl"]', '--run-dir', 'run'], 3],
  ['data: a missing run', ['generate', '1+1'], 3],
  ['data: a model that is not there', ['generate', 'hi', '--model', './none'], 3],
  ['resources: memory', ['--preset', 'orz-32b'], 4],
  ['resources: memory, in a plan as JSON', ['--preset', 'orz-32b', '--dry-run', '--json'], 4],
  ['failure: a run folder that cannot be created', ['--run-dir', 'taken/run'], 1],
] as const)('%s', async (_, args, code) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'taken'), 'a file');
  expect(await runCli(args, folder)).toMatchObject({ code });
});

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('interrupted: %s', async (signal, code) => {
  const run = startCli(['--run-dir', 'run', '--set', 'model.steps=100000'], temporaryFolder());
  while (!run.stdout().includes('Run folder') && run.process.exitCode === null) await setTimeout(50);
  run.process.kill(signal);
  expect(await run.result).toMatchObject({ code });
});

it('failure: a loss that cannot be built, in a plan too', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(
    join(folder, 'bad.js'),
    `import { definePlugin, mul, provide, z } from 'open-reasoner-zero';
     const build = (_g, { weights, no }) => ({ loss: mul(weights, no), metrics: {} });
     const create = () => ({ name: 'bad', settings: {}, build });
     const bad = provide('policyLoss', 'bad', { description: 'x', settings: z.strictObject({}), create });
     export default definePlugin({ name: 'bad', provides: [bad] });`,
  );
  writeFileSync(join(folder, 'orz.config.json'), '{ "plugins": ["./bad.js"], "policyLoss": "bad" }');
  for (const flag of ['--dry-run', '--check']) {
    const { code, stderr } = await runCli([flag], folder);
    expect(stderr).toMatch(/ORZ_GRAPH_INVALID mul: operand 2 is undefined[^]*plugin 'bad'[^]*bad\.js/);
    expect(code).toBe(1);
  }
});

it('failure: a configuration file that ends the process', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'orz.config.mjs'), 'process.exit(0)');
  expect(await runCli(['--dry-run'], folder)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('process.exit') as string,
  });
});

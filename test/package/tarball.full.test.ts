import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import ts from 'typescript';
import { pathToFileURL } from 'node:url';
import { samplesOf } from '../docs/pages.js';
import { installForStranger, type Outcome, type StrangersFolder } from './stranger.js';

let stranger: StrangersFolder;
let project: string;
let installed: string;
const orzTrain = (...args: string[]): Outcome => stranger.orzTrain(...args);

beforeAll(async () => {
  stranger = await installForStranger();
  ({ folder: project, installed } = stranger);
});

afterAll(() => {
  stranger.remove();
});

describe('the package in a folder outside the checkout', () => {
  it('holds what a user needs and nothing of its making', () => {
    for (const file of [
      'dist/cli/main.js',
      'dist/core/index.d.ts',
      'dist/browser/index.js',
      'dist/browser/worker.js',
      'dist/cli/browser/library/index.d.ts',
      'dist/cli/dashboard/page/page.js',
      'dist/cli/dashboard/page/page.css',
      'cli/setup/orz-train.mjs',
      'plugins/task-arithmetic/base-models/arithmetic-base.safetensors',
      'plugins/task-arithmetic/base-models/chain-base.safetensors',
      'plugins/backend-onnx/runtime/package.json',
      'plugins/backend-onnx/runtime/package-lock.json',
      'README.md',
      'LICENSE',
    ]) {
      expect([file, existsSync(join(installed, file))]).toEqual([file, true]);
    }
    for (const file of ['test', 'tsconfig.json', 'core', '.ci'])
      expect([file, existsSync(join(installed, file))]).toEqual([file, false]);
  });

  it('lists its presets, and shows a user error as one', () => {
    expect(orzTrain('presets')).toMatchObject({ status: 0, stdout: expect.stringContaining('orz-tiny'), stderr: '' });
    expect(orzTrain('--preset', 'orz-tny')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^ORZ_PRESET_UNKNOWN/),
    });
  });

  it('trains orz-tiny with a reward and a loss that the user wrote in TypeScript', () => {
    mkdirSync(join(project, 'mine'));
    writeFileSync(
      join(project, 'orz.config.ts'),
      `
      import type { RunConfigInput } from 'open-reasoner-zero';
      const config: RunConfigInput & { preset: string } = {
        preset: 'orz-tiny', iterations: 2, plugins: ['./mine/plugin.ts'], runDir: 'run',
        reward: { type: 'short', limit: 12 }, policyLoss: { type: 'plain-policy-gradient', scale: 0.5 },
        model: { steps: 60 }, rolloutBatchSize: 8, samplesPerPrompt: 4, evaluation: { problems: 64, every: 0 },
      };
      export default config;`,
    );
    writeFileSync(
      join(project, 'mine', 'plugin.ts'),
      `
      import { definePlugin, mul, provide, sum, z, type Loss } from 'open-reasoner-zero';

      const plain = (settings: { scale: number }): Loss => ({
        name: 'plain-policy-gradient', settings,
        build: (_, t) => ({ loss: mul(sum(mul(t.weights, mul(t.advantages, t.logprobs))), -settings.scale) }),
      });

      export default definePlugin({
        name: 'mine',
        provides: [
          provide('reward', 'short', {
            description: '1 for a response of few tokens',
            settings: z.strictObject({ limit: z.int().positive().describe('Maximum number of tokens') }),
            create: (settings) => ({ moduleUrl: new URL('./short.ts', import.meta.url).href, settings }),
          }),
          provide('policyLoss', 'plain-policy-gradient', {
            description: 'REINFORCE without clipping',
            settings: z.strictObject({ scale: z.number().positive().default(1).describe('Factor of the loss') }),
            create: plain,
          }),
        ],
      });`,
    );
    writeFileSync(
      join(project, 'mine', 'short.ts'),
      `
      import { OrzError, type Reward } from 'open-reasoner-zero';
      export default ({ limit }: { limit: number }): Reward => {
        if (!(limit > 0)) throw new OrzError('ORZ_REWARD_INVALID', 'limit must be positive', { value: limit });
        return {
          name: 'short',
          grade: (group) =>
            group.map(({ responseLength }) =>
              responseLength <= limit ? { value: 1, verdict: 'correct' } : { value: 0, verdict: 'wrong' },
            ),
        };
      };`,
    );
    const { status, stdout, stderr } = orzTrain();
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/ 2\/2 {2}reward [\d.]+/);
    const config = JSON.parse(readFileSync(join(project, 'run', 'config.json'), 'utf8'));
    expect([config.reward, config.policyLoss]).toEqual([
      { type: 'short', limit: 12 },
      { type: 'plain-policy-gradient', scale: 0.5 },
    ]);
    const metrics = readFileSync(join(project, 'run', 'metrics.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter((record) => record.reward !== undefined);
    expect(metrics).toHaveLength(2);
    expect(existsSync(join(project, 'run', 'report.html'))).toBe(true);
    for (const record of metrics) expect(record.reward).toBeCloseTo(record.verdicts.correct, 6);
  });

  it('runs the examples of docs/reward.md', () => {
    const samples = samplesOf('docs/reward.md');
    const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
    mkdirSync(join(project, 'samples'));
    writeFileSync(join(project, 'samples', 'package.json'), '{ "type": "module" }');
    const node = (file: string) =>
      spawnSync(process.execPath, [file], { cwd: join(project, 'samples'), encoding: 'utf8' });
    for (const { file, text } of samples) {
      const name = file.replace(/ts$/, 'js');
      writeFileSync(join(project, 'samples', name), ts.transpileModule(text, { compilerOptions: options }).outputText);
      const promised = [...text.matchAll(/\/\/ → (.*)$/gm)].map(([, printed]) => printed);
      const { stdout, stderr } = node(name);
      expect({ file, printed: stdout.trimEnd().split('\n').filter(Boolean), stderr }).toEqual({
        file,
        printed: promised,
        stderr: '',
      });
    }
    // Two right answers of different length, and a wrong one, to each of the rewards.
    writeFileSync(
      join(project, 'samples', 'grade.js'),
      `const problem = { id: 'p', prompt: '', answer: '5' };
      const boxed = (answer) => '<answer>\\\\boxed{' + answer + '}</answer>';
      const texts = ['It is </think> ' + boxed(5), boxed(5), boxed(6)];
      const group = texts.map((text, index) =>
        ({ index, text, problem, stopReason: 'stop', responseLength: text.length }));
      for (const name of process.argv.slice(2)) {
        const { default: create } = await import(name);
        console.log(JSON.stringify((await create({ short: 30 }).grade(group)).map(({ value }) => value)));
      }`,
    );
    const rewards = samples.filter(({ text }) => text.includes('export default')).map(({ file }) => file);
    expect(rewards).toEqual(['exact.ts', 'math-and-brevity.ts', 'shortest-right.ts']);
    const urls = rewards.map((file) => pathToFileURL(join(project, 'samples', file.replace(/ts$/, 'js'))).href);
    const { stdout } = spawnSync(process.execPath, ['grade.js', ...urls], {
      cwd: join(project, 'samples'),
      encoding: 'utf8',
    });
    expect(stdout).toBe('[1,1,0]\n[1,1.1,0.1]\n[0,1,0]\n');
  });

  it('installs ONNX Runtime when a run needs it and install scripts were off', () => {
    rmSync(join(installed, 'plugins', 'backend-onnx', 'runtime', 'node_modules'), { recursive: true });
    const { status, stderr } = orzTrain('--iterations', '1', '--set', 'runDir=again');
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringMatching(/^Installing ONNX Runtime/) });
  });
});

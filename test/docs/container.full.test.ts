import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { innerNpmEnvironment, runNpm } from '../../cli/setup/npm.mjs';
import { readDockerfile } from './dockerfile.js';
import { root } from './pages.js';

/*
 * What the image `cpu` is made of, without a container: the packed package with its lock files in an empty folder,
 * packages and ONNX Runtime by the commands of the Dockerfile, and the program as another user, where this one may
 * change to it. Base image, tini and volume are not part of it.
 */
const folder = mkdtempSync(join(tmpdir(), 'orz-container-'));
const installed = join(folder, 'package');
const work = join(folder, 'work');
const user = process.getuid?.() === 0 ? { uid: 10_001, gid: 10_001 } : {};
const program = join(installed, 'cli', 'setup', 'orz-train.mjs');
const small = ['model.steps=60', 'rolloutBatchSize=8', 'samplesPerPrompt=4', 'evaluation.problems=64'].flatMap(
  (setting) => ['--set', setting],
);
const options = {
  cwd: work,
  env: { ...innerNpmEnvironment(process.env), HOME: work, NO_COLOR: '1' },
  ...user,
} as const;

/** Runs the program until it prints `text`, then sends SIGTERM; resolves with its exit code and all it printed. */
function stopAfter(text: string, args: readonly string[]): Promise<{ code: number | null; printed: string }> {
  const child = spawn(process.execPath, [program, ...args], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  let asked = false;
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => {
      printed += part;
      if (asked || !printed.includes(text)) return;
      asked = true;
      child.kill('SIGTERM');
    });
  return new Promise((resolve) => {
    child.on('close', (code) => {
      resolve({ code, printed });
    });
  });
}

beforeAll(async () => {
  for (const path of [installed, work]) mkdirSync(path);
  chmodSync(folder, 0o755);
  if (user.uid !== undefined) chownSync(work, user.uid, user.gid);
  // Scripts are off: `npm run test:full` has built just now, and a clean build would pull dist away from other tests.
  const packed = await runNpm(['pack', '--ignore-scripts', '--pack-destination', folder], root);
  expect(packed).toMatchObject({ ok: true });
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))!;
  spawnSync('tar', ['-xzf', join(folder, tarball), '-C', installed, '--strip-components=1']);
  for (const file of ['package-lock.json', '.npmrc']) copyFileSync(join(root, file), join(installed, file));
  const install = readDockerfile().findLast(({ stage, name }) => stage === 'build' && name === 'RUN')!.text;
  const { status, stderr } = spawnSync('sh', ['-c', install], {
    cwd: installed,
    encoding: 'utf8',
    env: innerNpmEnvironment(process.env),
  });
  expect({ status, stderr }).toMatchObject({ status: 0 });
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(process.platform === 'win32')('the steps of the image cpu, without a container', () => {
  it('installs what a run needs and no tools of development', () => {
    expect(existsSync(join(installed, 'node_modules', 'zod'))).toBe(true);
    expect(existsSync(join(installed, 'node_modules', 'eslint'))).toBe(false);
    expect(existsSync(join(installed, 'plugins', 'backend-onnx', 'runtime', 'node_modules'))).toBe(true);
  });

  it('trains as a user who may not write to the package', () => {
    const args = [program, ...small, '--iterations', '2', '--run-dir', 'runs/short'];
    const { status, stderr } = spawnSync(process.execPath, args, { ...options, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('saves and exits with 143 on SIGTERM, and continues', async () => {
    const args = [...small, '--iterations', '5000', '--run-dir', 'runs/long'];
    const first = await stopAfter(' 2/5000', args);
    expect(first).toMatchObject({ code: 143, printed: expect.stringContaining('everything is saved') });
    const second = await stopAfter('Continuing after iteration', args);
    expect(second.code).toBe(143);
  });
});

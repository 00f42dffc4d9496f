import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../../cli/setup/project.mjs';

const folder = mkdtempSync(join(tmpdir(), 'orz-absent-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const modules = join(packageRoot, 'node_modules'),
  webgpu = join(modules, 'webgpu');

/** Starts a run on webgpu with the command of a package; `env` in place of what says where Vulkan drivers are. */
function train(root: string, env: Readonly<Record<string, string>> = {}) {
  const { LD_LIBRARY_PATH: _, VK_DRIVER_FILES: __, ...others } = process.env;
  return spawnSync(
    process.execPath,
    [join(root, 'cli/setup/orz-train.mjs'), '--set', 'backend=webgpu', '--run-dir', join(folder, 'run')],
    { cwd: folder, encoding: 'utf8', env: { ...others, ...env, NO_COLOR: '1' } },
  );
}

/** The built package as npm installs it where optional dependencies are left out. */
function installWithout(name: string): string {
  const root = join(folder, 'node_modules', 'open-reasoner-zero');
  for (const part of ['package.json', 'dist', 'cli/setup'])
    cpSync(join(packageRoot, part), join(root, part), { recursive: true });
  mkdirSync(join(root, 'node_modules'));
  for (const each of readdirSync(modules))
    if (each !== name) symlinkSync(join(modules, each), join(root, 'node_modules', each), 'junction');
  return root;
}

describe('a run on webgpu', () => {
  it('without the optional package says which command installs it', () => {
    const { optionalDependencies } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
      optionalDependencies: { webgpu: string };
    };
    const { status, stderr } = train(installWithout('webgpu'));
    expect(status).toBe(4);
    expect(stderr).toMatch(/^ORZ_BACKEND_PROVIDER The package "webgpu" cannot be loaded: Cannot find package 'webgpu'/);
    expect(stderr).toContain(`npm install webgpu@${optionalDependencies.webgpu}`);
  });

  it.runIf(process.platform === 'linux' && existsSync(webgpu))(
    'without a Vulkan driver says what is missing, and ends',
    () => {
      const { status, stderr, stdout } = train(packageRoot, { VK_DRIVER_FILES: join(folder, 'none.json') });
      expect(status).toBe(4);
      expect(stderr).toMatch(/^ORZ_BACKEND_PROVIDER WebGPU \(Dawn\) finds no adapter on this machine: /);
      expect(stderr).toMatch(/: the Vulkan loader (cannot be opened \(libvulkan|is there but no driver)/);
      expect(stderr).toContain('--set backend.type=onnx');
      expect(stdout).not.toContain('iterations: ');
    },
  );
});

import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { gatherConfig } from '../../../cli/config/gather.js';
import { planLines, planOf, requireMachine } from '../../../cli/plan.js';
import { inspectGpu } from '../../../cli/plan/gpu.js';
import { temporaryFolder } from '../temporary-folder.js';

let folder: string;

/** Puts a program of that name first on the PATH. */
function fakeSmi(script: string): void {
  const file = join(folder, 'nvidia-smi');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH']}`);
}

const planWith = async (set: readonly string[]) => {
  const { resolved } = await gatherConfig({ set }, folder);
  return planOf(resolved, { cwd: folder });
};

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the GPU of a machine', () => {
  it('is asked for by its id, and named with its memory', async () => {
    fakeSmi('echo "$@" > "$(dirname "$0")/asked"; echo "NVIDIA H200, 143771, 143160"');
    expect(await inspectGpu('2,3')).toEqual({
      name: 'NVIDIA H200',
      memoryBytes: 143771 * 2 ** 20,
      freeBytes: 143160 * 2 ** 20,
    });
  });

  it.each([
    ['fails', 'exit 9'],
    ['says something else', 'echo "No devices were found"'],
    ['knows no numbers', 'echo "NVIDIA GB10, [N/A], [N/A]"'],
  ])('is not known if nvidia-smi %s', async (_, script) => {
    fakeSmi(script);
    expect(await inspectGpu('0')).toBeUndefined();
  });

  it.each(['', '-1', 'MIG-1/2', '0; rm -rf /'])('is not asked for by %j', async (visible) => {
    fakeSmi('echo "NVIDIA H200, 143771, 143160"');
    expect(await inspectGpu(visible)).toBeUndefined();
  });
});

describe('the plan of a run on a GPU', () => {
  it('compares what is on the GPU with what is free there, less a margin', async () => {
    fakeSmi('echo "Small GPU, 64, 40"');
    const plan = await planWith(['backend=webgpu']);
    expect(plan.memoryUses).toMatchObject([{ of: 'host' }, { of: 'gpu', usable: 0.9 * 40 * 2 ** 20 }]);
    expect(() => {
      requireMachine(plan);
    }).toThrow(
      expect.objectContaining({
        details: expect.objectContaining({ origin: expect.stringMatching(/GPU, Small GPU/) }),
      }),
    );
    expect(planLines(plan).join('\n')).toMatch(/device +webgpu; .*Small GPU, 41.9 MB of 67.1 MB free/);
  });

  it('keeps tensors of ONNX Runtime in the memory of the machine', async () => {
    fakeSmi('echo "NVIDIA H200, 143771, 143160"');
    const plan = await planWith(['backend.provider=cuda']);
    const [host, gpu] = plan.memoryUses!;
    expect(host!.needed).toBeGreaterThan(plan.memory!.peak);
    expect(gpu!.needed).toBe(plan.memory!.activations);
  });

  it('plans without it where nothing tells', async () => {
    fakeSmi('exit 1');
    const plan = await planWith(['backend=webgpu']);
    expect(plan.memoryUses).toMatchObject([{ of: 'host' }]);
  });
});

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Graph } from '../../../core/compute/tensor/graph.js';
import { add, exp, matmul } from '../../../core/compute/tensor/ops.js';
import type { WebGpuBackend } from '../../../plugins/backend-webgpu/backend.js';
import { createWebGpuBackend } from '../../../plugins/backend-webgpu/start.js';
import { webgpuSettings } from '../../../plugins/backend-webgpu/settings.js';
import { adapterEnv, skipReason, startWebGpu } from './support.js';

let backend: WebGpuBackend | undefined;
afterEach(async () => {
  await backend?.dispose();
  backend = undefined;
});

describe.skipIf(skipReason !== undefined)('faults of the webgpu backend', () => {
  it('an adapter that is not there is refused with the names of those that are', async () => {
    await expect(createWebGpuBackend(webgpuSettings.parse({ adapter: 'no such card' }))).rejects.toMatchObject({
      code: 'ORZ_BACKEND_PROVIDER',
      details: { value: 'no such card', origin: 'backend.adapter', allowed: [expect.stringContaining('SwiftShader')] },
    });
    backend = await createWebGpuBackend(webgpuSettings.parse({ adapter: 'swiftshader' }));
    expect(backend.info.device).toContain('SwiftShader');
  });

  it('a device lost between a submission and its result says so, and so does everything after', async () => {
    backend = await startWebGpu();
    const g = new Graph('doomed');
    g.output('y', exp(g.input('x', [3])));
    const program = await backend.compile(g, { label: 'doomed' });
    const x = backend.create([3], 'f32', Float32Array.of(1, 2, 3));
    const { y } = await backend.submit(program, { x });
    backend.device.gpu.destroy();
    const lost = (doing: string) => ({
      code: 'ORZ_BACKEND_PROVIDER',
      message: expect.stringMatching(new RegExp(`was lost; [^;]*${doing}$`)),
      details: { remedy: expect.stringMatching(/checkpoint/i) },
    });
    await expect(backend.read(y!)).rejects.toMatchObject(lost('; a buffer f32\\[3\\] of 12 bytes was to be read'));
    await expect(backend.submit(program, { x })).rejects.toMatchObject(lost('; program "doomed" was to be executed'));
    await expect(backend.compile(g, { label: 'later' })).rejects.toMatchObject(
      lost('; program "later" was to be compiled'),
    );
    expect(() => backend!.create([2, 5], 'f32')).toThrow(
      /was lost; .*; a buffer f32\[2, 5\] of 40 bytes was to be created$/,
    );
    await backend.dispose();
    expect(backend.device.allocated).toEqual({ buffers: 0, bytes: 0 });
  });

  // A limit of address space makes the software adapter run out of memory as a GPU does.
  it.runIf(spawnSync('prlimit', ['--version']).status === 0)(
    'memory that runs out is reported as that, and not as the misuse of a buffer that is not there',
    () => {
      const script = fileURLToPath(new URL('exhaust-memory.mjs', import.meta.url));
      const { stdout, stderr } = spawnSync(process.execPath, [script], {
        encoding: 'utf8',
        env: { ...process.env, ...adapterEnv },
      });
      const [error, allocated] = stdout.trim().split('\n').slice(-2);
      expect(error, stderr).toMatch(/^ORZ_INSUFFICIENT The WebGPU device ".*" has no memory left for /);
      expect(error).toMatch(/ for (a copy for the host of )?a buffer f32\[67108864\] of 268435456 bytes; /);
      expect(error).toMatch(/; \d+ bytes are in use, \d+ more are kept for later$/);
      expect(allocated).toBe('allocated 0 0');
    },
  );

  it('memory that the device does not have is reported with what it was for and its size', async () => {
    backend = await startWebGpu();
    vi.spyOn(backend.device.gpu, 'popErrorScope').mockResolvedValueOnce({ message: 'out of memory' });
    const buffer = backend.create([500, 1000], 'f32', new Float32Array(500_000));
    await expect(backend.read(buffer)).rejects.toMatchObject({
      code: 'ORZ_INSUFFICIENT',
      message: expect.stringMatching(/no memory left for a buffer f32\[500, 1000\] of 2\d{6} bytes/),
    });
  });

  it('a kernel that would bind more buffers than the device allows is refused by name', async () => {
    backend = await startWebGpu({ largestBuffer: 256, maxBindings: 8 });
    const g = new Graph('scattered');
    g.output('y', matmul(g.input('a', [15, 20]), g.input('b', [20, 15])));
    await expect(backend.compile(g, { label: 'scattered' })).rejects.toMatchObject({
      code: 'ORZ_INSUFFICIENT',
      message: expect.stringContaining('of program "scattered" needs'),
      details: { allowed: expect.stringContaining('at most 8 buffers of 256 bytes') },
    });
  });

  it('a shader that does not compile is reported with its kernel, the line and the reason', async () => {
    backend = await startWebGpu();
    const code = '@compute @workgroup_size(1)\nfn main() {\n  let x: u32 = missing;\n}';
    await expect(backend.device.pipeline('broken kernel', code)).rejects.toMatchObject({
      code: 'ORZ_INTERNAL',
      message: expect.stringMatching(/"broken kernel" does not compile: line 3: .*missing/),
    });
    const x = backend.create([2], 'f32', Float32Array.of(1, 2));
    expect(await backend.read(x)).toEqual(Float32Array.of(1, 2));
  });

  it('every GPU buffer is given back: none is left after the backend is disposed', async () => {
    backend = await startWebGpu();
    const g = new Graph('constants');
    g.output('y', add(g.input('x', [4]), g.constant(Float32Array.of(1, 2, 3, 5), [4])));
    const program = await backend.compile(g, { label: 'constants' });
    const x = backend.create([4], 'f32');
    const { y } = await backend.submit(program, { x });
    expect(await backend.read(y!)).toEqual(Float32Array.of(1, 2, 3, 5));
    expect(backend.device.allocated.buffers).toBeGreaterThanOrEqual(4);
    await backend.dispose();
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 });
    expect(backend.device.allocated).toEqual({ buffers: 0, bytes: 0 });
  });
});

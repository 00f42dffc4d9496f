import { describe, expect, it } from 'vitest';
import type { Backend } from '../../../core/contracts/backend.js';
import plugin from '../../../plugins/backend-onnx/plugin.js';
import { selfTest } from '../../../plugins/backend-onnx/self-test.js';
import { onnxSettings } from '../../../plugins/backend-onnx/settings.js';
import { createOnnxBackend } from '../../../plugins/backend-onnx/start.js';
import { startCpu } from './support.js';

describe('the provider of the onnx backend', () => {
  it('is chosen by auto, which says what it took and why', async () => {
    const backend = await createOnnxBackend({ provider: 'auto', threads: 0 });
    expect(backend.info.notes.some((note) => note.startsWith(`auto: ${backend.info.device}`))).toBe(true);
    await backend.dispose();
  });

  it('must be present when it is named: the error lists what is', async () => {
    const error = createOnnxBackend({ provider: 'cuda', threads: 0 });
    // A machine with CUDA has it; everywhere else the choice is refused, never replaced.
    const outcome = await error.then(
      (backend) => backend.info.device,
      (e: unknown) => e,
    );
    if (outcome === 'cuda') return;
    expect(outcome).toMatchObject({
      code: 'ORZ_BACKEND_PROVIDER',
      details: { value: 'cuda', origin: 'backend.provider' },
    });
    expect((outcome as { details: { allowed: string[] } }).details.allowed).toEqual(
      expect.arrayContaining(['auto', 'cpu']),
    );
  });

  it('is validated with the number of threads', () => {
    expect(onnxSettings.parse({})).toEqual({ provider: 'auto', threads: 0 });
    expect(onnxSettings.safeParse({ provider: 'gpu' }).success).toBe(false);
    expect(onnxSettings.safeParse({ threads: -1 }).success).toBe(false);
    expect(plugin.provides.map(({ slot, type }) => `${slot} ${type}`)).toEqual(['backend onnx']);
  });
});

describe('the start-up self-test', () => {
  it('passes on the CPU and leaves no buffer behind', async () => {
    const backend = await startCpu();
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 });
    await backend.dispose();
  });

  it('names the result that a device computes wrongly', async () => {
    const backend = await startCpu();
    const broken: Backend = Object.create(backend, {
      read: {
        value: async (buffer: Parameters<Backend['read']>[0]) =>
          (await backend.read(buffer)).map((v) => v + (v === 20 ? 1 : 0)),
      },
    }) as Backend;
    await expect(selfTest(broken)).rejects.toMatchObject({
      code: 'ORZ_BACKEND_SELF_TEST',
      message: expect.stringContaining('"accumulated"') as string,
      // The processor itself is at fault: to use it instead is no way out.
      details: { remedy: expect.stringMatching(/--set backend=reference$/) as string },
    });
    await backend.dispose();
  });
});

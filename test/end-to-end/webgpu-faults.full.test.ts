import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { packageRoot } from '../../cli/setup/project.mjs';
import type { Metrics } from '../../core/contracts/metric-sink.js';
import { WebGpuBackend } from '../../plugins/backend-webgpu/backend.js';
import { WebGpuDevice } from '../../plugins/backend-webgpu/device/device.js';
import { findSoftwareAdapter, useInThisProcess } from '../support/software-adapter.js';
import { emptyFolder, readTree, recordedMetrics, runIn, type Settings } from './run-in-folder.js';

const adapter = findSoftwareAdapter();
if ('reason' in adapter) console.log(`Skipped: faults of a run on WebGPU. ${adapter.reason}`);
else useInThisProcess(adapter);

const small: Settings = {
  backend: 'webgpu',
  'model.steps': 4,
  'model.warmupSteps': 1,
  'model.tokensPerStep': 128,
  'model.hiddenSize': 24,
  'model.intermediateSize': 32,
  iterations: 3,
  rolloutBatchSize: 2,
  samplesPerPrompt: 4,
  maxResponseTokens: 12,
  criticUpdateSteps: 2,
  'evaluation.problems': 8,
  'evaluation.every': 0,
  'checkpoint.every': 1,
  seed: 11,
};

const folder = emptyFolder();
const path = (...parts: string[]): string => join(folder, ...parts);
const checkpoints = (name: string) => readTree(path(name, 'checkpoints'));
const final = (name: string) =>
  [...readTree(path(name, 'checkpoints', 'final'))].filter(([file]) => file.endsWith('.safetensors'));
const resume = { required: true, force: false };
const metricsOf = (name: string): Metrics[] => recordedMetrics(path(name));

/** Does something to the backend between the optimizer steps of two parameters. */
function whileUpdating(fault: (backend: WebGpuBackend) => void): void {
  const { submit } = WebGpuBackend.prototype;
  let updates = 0;
  vi.spyOn(WebGpuBackend.prototype, 'submit').mockImplementation(function (this: WebGpuBackend, program, inputs) {
    if (program.label.startsWith('adamw') && ++updates === 5) fault(this);
    return submit.call(this, program, inputs);
  });
}

interface Fault {
  readonly arm: () => void;
  readonly code: string;
  readonly message: RegExp;
}

const faults: Record<string, Fault> = {
  'a device that is lost': {
    arm: () => {
      whileUpdating(({ device }) => {
        device.gpu.destroy();
      });
    },
    code: 'ORZ_BACKEND_PROVIDER',
    message:
      // eslint-disable-next-line max-len -- one pattern for one message
      /^The WebGPU device ".*" was lost; .*; (program ".*" was to be (executed|compiled)|kernel ".*" was to be compiled|a buffer .* of \d+ bytes was to be \w+)$/,
  },
  'memory that runs out': {
    arm: () => {
      whileUpdating(({ device }) => {
        refuseNextBuffer(device);
      });
    },
    code: 'ORZ_INSUFFICIENT',
    message: /has no memory left for .* of \d+ bytes/,
  },
  'a kernel that does not compile': {
    arm: () => {
      const { pipeline } = WebGpuDevice.prototype;
      vi.spyOn(WebGpuDevice.prototype, 'pipeline').mockImplementation(function (this: WebGpuDevice, label, code) {
        return pipeline.call(this, label, label.startsWith('adamW') ? `${code}\nconst broken: u32 = missing;` : code);
      });
    },
    code: 'ORZ_INTERNAL',
    message: /^The WebGPU kernel "adamW.*" does not compile: line \d+: .*missing/,
  },
  'tensors too large for the bindings of the device': {
    arm: () => {
      const { compile } = WebGpuBackend.prototype;
      vi.spyOn(WebGpuBackend.prototype, 'compile').mockImplementation(function (this: WebGpuBackend, graph, options) {
        Object.assign(this.device.target, { largestBuffer: 256 });
        return compile.call(this, graph, options);
      });
    },
    code: 'ORZ_INSUFFICIENT',
    message: /^The kernel ".*" of program ".*" needs \d+ buffers/,
  },
  'a weight that is no number': {
    arm: () => {
      const { submit } = WebGpuBackend.prototype;
      vi.spyOn(WebGpuBackend.prototype, 'submit').mockImplementation(function (this: WebGpuBackend, program, inputs) {
        const [weight] = program.label.startsWith('language training')
          ? Object.values(inputs).filter(({ shape, dtype }) => dtype === 'f32' && shape.length === 2)
          : [];
        if (weight) this.write(weight, Float32Array.of(NaN));
        return submit.call(this, program, inputs);
      });
    },
    code: 'ORZ_NOT_FINITE',
    message: /NaN/,
  },
};

/** Nothing is free any more, and the device answers the next request for memory as a full one does. */
function refuseNextBuffer({ pool, gpu }: WebGpuDevice): void {
  pool.close();
  const create = gpu.createBuffer.bind(gpu);
  vi.spyOn(gpu, 'createBuffer').mockImplementationOnce((descriptor) => {
    vi.spyOn(gpu, 'popErrorScope').mockResolvedValueOnce({ message: 'none left' });
    return create(descriptor);
  });
}

/** Every backend that is disposed from now on. */
function keepBackends(): WebGpuBackend[] {
  const { dispose } = WebGpuBackend.prototype,
    backends: WebGpuBackend[] = [];
  vi.spyOn(WebGpuBackend.prototype, 'dispose').mockImplementation(async function (this: WebGpuBackend) {
    await dispose.call(this);
    backends.push(this);
  });
  return backends;
}

describe.skipIf('reason' in adapter)('a run on webgpu', () => {
  beforeAll(async () => {
    await runIn(folder, 'unbroken', small);
    const controller = new AbortController();
    await expect(
      runIn(folder, 'stopped', small, {
        signal: controller.signal,
        onMetrics: ({ iteration }) => {
          if (iteration === 2) controller.abort();
        },
      }),
    ).rejects.toMatchObject({ code: 'ORZ_INTERRUPTED' });
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(Object.keys(faults))(
    'that meets %s says so, gives back all buffers and leaves its checkpoints as they were',
    async (kind) => {
      const { arm, code, message } = faults[kind]!;
      cpSync(path('stopped'), path(kind), { recursive: true });
      const backends = keepBackends();
      arm();
      await expect(runIn(folder, kind, small, { resume })).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
      });
      expect(backends.map(({ device }) => device.allocated)).toEqual([{ buffers: 0, bytes: 0 }]);
      expect(checkpoints(kind)).toEqual(checkpoints('stopped'));
    },
  );

  it('whose device is lost ends with exit code 4 and a command that resumes it to the same end', async () => {
    cpSync(path('stopped'), path('lost'), { recursive: true });
    const preload = `--import=${new URL('lose-device.mjs', import.meta.url).href}`;
    const { status, stderr } = spawnSync(
      process.execPath,
      [join(packageRoot, 'cli/setup/orz-train.mjs'), '--resume', path('lost')],
      {
        encoding: 'utf8',
        cwd: folder,
        env: { ...process.env, ...('env' in adapter && adapter.env), NODE_OPTIONS: preload, NO_COLOR: '1' },
      },
    );
    expect(status).toBe(4);
    expect(stderr).toMatch(/^ORZ_BACKEND_PROVIDER The WebGPU device ".*" was lost; /m);
    expect(stderr).toContain(`--resume ${path('lost')}`);
    await runIn(folder, 'lost', small, { resume });
    expect(metricsOf('lost')).toEqual(metricsOf('unbroken'));
    expect(final('lost')).toEqual(final('unbroken'));
  });

  it.each([
    ['webgpu', 'onnx'],
    ['onnx', 'webgpu'],
  ])('goes on from %s to %s by one word in its configuration file, with the same numbers', async (first, second) => {
    const project = path(`${first} first`),
      { backend: _, ...settings } = small,
      controller = new AbortController();
    const choose = (backend: string) => {
      writeFileSync(join(project, 'orz.config.json'), JSON.stringify({ backend }));
    };
    mkdirSync(project);
    choose(first);
    await runIn(project, 'run', settings, {
      signal: controller.signal,
      onMetrics: () => {
        controller.abort();
      },
    }).catch(() => undefined);
    choose(second);
    const log: string[] = [];
    await runIn(project, 'run', settings, {
      onLog: (message) => {
        log.push(message);
      },
    });
    expect(log.join('\n')).toContain(`backend.type: "${first}" → "${second}"`);
    const actual = metricsOf(join(`${first} first`, 'run'));
    metricsOf('unbroken').forEach((expected, i) => {
      for (const name of ['reward', 'responseLength', 'entropy', 'policyGradNorm', 'criticGradNorm', 'valueLoss'])
        expect(
          Math.abs((actual[i]![name] as number) - (expected[name] as number)),
          `${name} of iteration ${i + 1}`,
        ).toBeLessThanOrEqual(1e-3 * Math.abs(expected[name] as number));
    });
  });
});

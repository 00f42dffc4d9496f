import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gatherConfig } from '../../cli/config/gather.js';
import { planLines, planOf, requireMachine, type MachinePlan } from '../../cli/plan.js';
import type { Machine } from '../../cli/plan/machine.js';
import { isOrzError } from '../../core/errors.js';
import { processBytes, usableShare } from '../../core/plan/memory-use.js';
import { withoutColors } from './terminal/without-colors.js';
import { runCli } from './commands/run-cli.js';
import { temporaryFolder } from './temporary-folder.js';

type PlanFlags = Parameters<typeof gatherConfig>[0] & { readonly machine?: Machine };

/** On this machine, or on one that is given. */
const plan = async ({ machine, ...flags }: PlanFlags = {}, cwd = temporaryFolder()): Promise<MachinePlan> =>
  planOf((await gatherConfig(flags, cwd)).resolved, { cwd, ...(machine && { machine }) });

function remedyOf(planned: MachinePlan): string {
  try {
    requireMachine(planned);
  } catch (error) {
    if (isOrzError(error)) return error.details.remedy!;
  }
  throw new Error('the run fits');
}

const text = (planned: MachinePlan): string => withoutColors(planLines(planned).join('\n'));

describe('the plan of a run', () => {
  it('knows the sizes of orz-tiny, whose base model is not made yet', async () => {
    const planned = await plan();
    expect(planned.parameters!.policy).toBeGreaterThan(100_000);
    expect(planned).toMatchObject({ device: { backend: 'onnx', provider: 'auto' }, missing: { memory: 0, disk: 0 } });
    expect(text(planned)).toMatch(
      // eslint-disable-next-line max-len -- one pattern over the whole plan
      /parameters +policy[^]*memory +about[^]*disk +up to [\d.]+ MB: 5 checkpoints of[^]*device +onnx, provider auto[^]*time +known after the first iteration/,
    );
  });

  it('follows the settings of the model', async () => {
    const narrow = await plan({ set: ['model.hiddenSize=32', 'model.heads=2', 'backend=reference'] });
    expect(narrow.parameters!.policy).toBeLessThan((await plan()).parameters!.policy / 2);
    expect(narrow.device).toEqual({ backend: 'reference' });
  });

  it('gives a time only if a run with the same settings was measured here', async () => {
    const folder = temporaryFolder();
    const {
      resolved: { config },
    } = await gatherConfig({ seed: '9', iterations: '3' }, folder);
    const write = (name: string, given: object, seconds: readonly number[]) => {
      mkdirSync(join(folder, 'runs', name), { recursive: true });
      writeFileSync(join(folder, 'runs', name, 'config.json'), JSON.stringify(given));
      writeFileSync(
        join(folder, 'runs', name, 'metrics.jsonl'),
        seconds.map((total) => JSON.stringify({ seconds: { total: total + 5, evaluation: 5 } })).join('\n'),
      );
    };
    write('a', { ...config, rolloutBatchSize: 8 }, [9, 9, 9]);
    expect((await plan({}, folder)).time).toBeUndefined();
    write('b', config, [4, 2, 90]);
    write('c', {}, []);
    const planned = await plan({}, folder);
    expect(planned.time).toEqual({ secondsPerIteration: 4, iterations: 3, from: join('runs', 'b') });
    expect(text(planned)).toMatch(/time +about 4 s per iteration, 3:20 in all/);
  });

  it('says why the model is not known, and plans what can be planned without it', async () => {
    const planned = await plan({ set: ['model={"type":"huggingface","path":"./nowhere"}'] });
    expect(planned).toMatchObject({ responsesPerIteration: 512, unknownModel: expect.stringContaining('nowhere') });
    expect(planned.memory).toBeUndefined();
    expect(text(planned)).toContain('not known yet');
  });
});

describe('a sink that says what it will write', () => {
  const withSink = (diskBytes: string): Promise<MachinePlan> => {
    const folder = temporaryFolder();
    const provider = `{ description: 'x', settings: z.strictObject({}), diskBytes: () => ${diskBytes} }`;
    const provided = `provide('metrics', 'evil', { ...${provider}, create() {} })`;
    const code = `definePlugin({ name: 'evil', provides: [${provided}] })`;
    const imports = "import { definePlugin, provide, z } from 'open-reasoner-zero';";
    writeFileSync(join(folder, 'evil.mjs'), `${imports}\nexport default ${code};`);
    return plan({ set: ['plugins=["./evil.mjs"]', 'metrics=["evil"]'] }, folder);
  };

  it.each(['NaN', 'Infinity', '-1', '"7"', 'undefined', 'Promise.resolve(7)', '(() => { throw null; })()'])(
    'is named if it says %s',
    async (diskBytes) => {
      await expect(withSink(diskBytes)).rejects.toMatchObject({
        code: 'ORZ_PLUGIN_FAILED',
        message: expect.stringContaining('diskBytes of its metrics') as string,
        details: { origin: expect.stringContaining('evil.mjs') as string },
      });
    },
  );

  it('is believed otherwise', async () => {
    expect((await withSink('7e9')).disk).toMatchObject({ rollouts: 7e9 });
  });
});

describe('a run that cannot fit', () => {
  const large = { preset: ['orz-0.5b'] };

  it.each([
    ['lanes', 0.5],
    ['lanes and micro-batches', 0.2],
    ['shorter responses', 0.1],
  ])('says by how much and gives settings that then fit: %s', async (_, share) => {
    const planned = await plan(large);
    const { weights, moments, gradients, peak } = planned.memory!;
    const models = weights + moments + gradients;
    const free = (processBytes + models + share * (peak - models)) / usableShare;
    const machine = { ...planned.machine, freeMemoryBytes: free };
    const remedy = remedyOf(await plan({ ...large, machine }));
    const set = [...remedy.matchAll(/--set (\S+)/g)].map(([, value]) => value!);
    expect(set.length).toBeGreaterThan(0);
    const again = await plan({ ...large, set, machine });
    expect(again.missing.memory).toBe(0);
    requireMachine(again);
  });

  it('names checkpoints when the disk is too small', async () => {
    const planned = await plan();
    expect(() => {
      requireMachine({
        ...planned,
        machine: { ...planned.machine, freeDiskBytes: planned.disk!.models - 1e6 },
        missing: { memory: 0, disk: 1e6 },
      });
    }).toThrow(
      expect.objectContaining({
        code: 'ORZ_INSUFFICIENT',
        message: expect.stringContaining('disk'),
        details: expect.objectContaining({ remedy: expect.stringContaining('checkpoint.keep=1') }),
      }),
    );
  });

  it('does not propose to keep fewer checkpoints where there are as few as there can be', async () => {
    const set = ['checkpoint.keep=1', 'checkpoint.keepBest=0', 'checkpoint.every=1'];
    const planned = await plan({ set });
    expect(() => {
      requireMachine({ ...planned, missing: { memory: 0, disk: 1e6 } });
    }).toThrow(
      expect.objectContaining({
        details: expect.objectContaining({ remedy: 'Free space, or choose a --run-dir on another disk.' }),
      }),
    );
  });
});

describe('orz-train --dry-run', () => {
  it('prints the plan and writes nothing', async () => {
    const folder = temporaryFolder();
    const { code, stdout, stderr } = await runCli(['--dry-run'], folder);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/per iteration 32 prompts, 512 responses/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('--json prints it for programs; exit code 4 if it does not fit', async () => {
    const folder = temporaryFolder();
    const fits = await runCli(['train', '--dry-run', '--json', '--seed', '3'], folder);
    expect([fits.code, JSON.parse(fits.stdout)]).toMatchObject([
      0,
      {
        preset: 'orz-tiny',
        seed: 3,
        responsesPerIteration: 512,
        missing: { memory: 0, disk: 0 },
        machine: { cores: expect.any(Number) },
      },
    ]);
    const large = await runCli(['--dry-run', '--json', '--preset', 'orz-32b'], folder);
    expect(large.code).toBe(4);
    expect((JSON.parse(large.stdout) as MachinePlan).missing.memory).toBeGreaterThan(0);
    expect(await runCli(['--json'], folder)).toMatchObject({ code: 2, stderr: expect.stringContaining('ORZ_USAGE') });
  });
});

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { PlannedRun, Presets } from '../../../cli/browser/messages.js';
import type { Metrics } from '../../../core/contracts/metric-sink.js';
import { describePlan } from '../../../core/plan/describe.js';
import { emptyFolder, readTree, runIn } from '../../end-to-end/run-in-folder.js';
import { readTar } from './read-tar.js';
import { noGpu, requestOf, smallRequest, smallSettings, startTestService } from './test-service.js';

const folder = emptyFolder();
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** What is measured rather than computed. */
const costs = ['seconds', 'phaseShare', 'tokensPerSecond', 'memoryBytes', 'peakMemoryBytes'];
const computed = (records: readonly Metrics[]): Metrics[] =>
  records.map((record) => Object.fromEntries(Object.entries(record).filter(([name]) => !costs.includes(name))));

describe('the worker', () => {
  it('says what can be trained in a browser, and on what', async () => {
    const { ask } = startTestService();
    expect(await ask({ kind: 'gpu', id: 1 })).toEqual(noGpu);
    const { presets, ablations } = (await ask({ kind: 'presets', id: 2 })) as Presets;
    const names = presets.map(({ name }) => name);
    expect(names).toContain('orz-tiny');
    expect(names).not.toContain('orz-7b');
    expect(ablations.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['gae-lambda-0.95', 'kl-loss', 'kl-penalty']),
    );
  });

  it('computes the same metrics, responses and models as the command line, byte for byte', async () => {
    const node = await runIn(folder, 'node', {
      backend: 'reference',
      metrics: ['jsonl', 'rollouts'],
      ...smallSettings,
    });
    const { train, of, ask } = startTestService();
    await train(smallRequest());
    expect(of('failed')).toEqual([]);
    expect(computed(of('metrics').map(({ metrics }) => metrics))).toEqual(computed(node.metrics));
    const { seconds: _, location: __, ...summary } = of('finished')[0]!.summary;
    expect(node.summary).toMatchObject(summary);

    const files = readTar((await ask({ kind: 'archive', id: 1, what: 'run' })) as Uint8Array);
    const computedFiles = /^(checkpoints|rollouts)\/(?!.*(state|manifest)\.json)/; // Those two hold measured times.
    const expected = [...readTree(node.folder)].filter(([path]) => computedFiles.test(path));
    expect(expected.length).toBeGreaterThan(10);
    for (const [path, bytes] of expected) expect(bytes.equals(files.get(`orz-run/${path}`)!), path).toBe(true);

    // What was downloaded is a run folder: the command line goes on with it.
    for (const [path, bytes] of files) {
      const file = join(folder, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, bytes);
    }
    const longer = { backend: 'reference', metrics: ['jsonl', 'rollouts'], ...smallSettings, iterations: 3 };
    const resumed = await runIn(folder, 'orz-run', longer, { resume: { required: true, force: false } });
    expect(computed(resumed.metrics)).toEqual(
      computed((await runIn(folder, 'node', longer, { resume: { required: true, force: false } })).metrics),
    );
    expect(resumed.metrics.map(({ iteration }) => iteration)).toEqual([3]);
  });

  it('runs once in its life', async () => {
    const { train, ask, of } = startTestService();
    await train(smallRequest('iterations=1'));
    expect(of('finished')).toHaveLength(1);
    expect(await ask({ kind: 'prepare', id: 9, request: smallRequest() })).toMatchObject({ code: 'ORZ_USAGE' });
  });

  it('trains an ablation on top of a preset', async () => {
    const { train, of } = startTestService();
    const { layers } = smallRequest('iterations=1');
    await train({ presets: ['orz-tiny', 'kl-loss'], layers });
    expect(of('failed')).toEqual([]);
    expect(of('metrics')[0]!.metrics['klLoss']).toEqual(expect.any(Number));
  });

  it('hands responses to the page with everything known about each token', async () => {
    const { train, of } = startTestService();
    await train(smallRequest('iterations=1'));
    expect(of('rollouts').map(({ iteration, set, rollouts }) => [iteration, set, rollouts.length])).toEqual([
      [0, 'held-out', 6],
      [1, 'held-out', 6],
      [1, undefined, 8],
    ]);
    for (const line of of('rollouts')[2]!.rollouts) {
      expect(line.tokenTexts.join('').startsWith(line.text)).toBe(true);
      expect(line.advantages).toHaveLength(line.tokens.length);
    }
  });

  it('pauses between two programs, says so, and continues with its clock where it stopped', async () => {
    let slept = 0;
    const { train, service, posted, of } = startTestService(
      (message) => {
        if (message.kind === 'metrics' && message.metrics['iteration'] === 1) void service.receive({ kind: 'pause' });
      },
      () => performance.now() + slept,
    );
    const run = train(smallRequest());
    await expect.poll(() => of('paused')).toEqual([{ kind: 'paused', paused: true }]);
    const before = posted.length;
    await new Promise((resolve) => {
      setTimeout(resolve, 300);
    });
    slept = 3_600_000; // An hour later.
    expect(posted.length).toBe(before);
    await service.receive({ kind: 'unpause' });
    await run;
    expect(of('paused').map(({ paused }) => paused)).toEqual([true, false]);
    expect(of('finished')).toHaveLength(1);
    const second = of('metrics')[1]!.metrics['seconds'] as Readonly<Record<string, number>>;
    expect(second['total']).toBeLessThan(3600);
  });

  it('finishes the iteration when it is stopped, even while paused, and offers the model saved then', async () => {
    const { train, service, of, ask } = startTestService((message) => {
      if (message.kind === 'metrics' && message.metrics['iteration'] === 1) void service.receive({ kind: 'pause' });
      if (message.kind === 'paused' && message.paused) void service.receive({ kind: 'stop' });
    });
    await train(smallRequest('iterations=100'));
    expect(of('failed')[0]!.error).toMatchObject({ code: 'ORZ_INTERRUPTED' });
    expect(of('metrics')).toHaveLength(2); // It was paused in the second.
    const files = readTar((await ask({ kind: 'archive', id: 5, what: 'model' })) as Uint8Array);
    expect([...files.keys()]).toEqual(
      expect.arrayContaining(['orz-model/config.json', 'orz-model/model.safetensors', 'orz-model/tokenizer.json']),
    );
  });

  it('says before the start what is wrong with a setting, or what the run would need', async () => {
    const { ask } = startTestService();
    let id = 0;
    const plan = (...set: string[]) => ask({ kind: 'plan', id: ++id, request: requestOf(set) });
    expect(await plan('iteratons=3')).toMatchObject({
      code: 'ORZ_CONFIG_UNKNOWN_KEY',
      details: { remedy: "Did you mean 'iterations'?" },
    });
    expect(await plan('backend=onnx')).toMatchObject({ code: 'ORZ_BACKEND_UNKNOWN' });
    expect(await plan('grading.workers=4')).toMatchObject({ code: 'ORZ_CONFIG_INVALID' });
    const planned = (await plan('iterations=3')) as PlannedRun;
    expect(planned.config.iterations).toBe(3);
    expect(Object.fromEntries(describePlan(planned.plan))['parameters']).toContain('policy');
  });

  it('reports a run that cannot start as data: code, value, remedy', async () => {
    const { ask } = startTestService();
    expect(await ask({ kind: 'prepare', id: 1, request: requestOf([], ['orz-tinny']) })).toMatchObject({
      code: 'ORZ_PRESET_UNKNOWN',
      details: { value: 'orz-tinny', remedy: "Did you mean 'orz-tiny'?" },
    });
    expect(await ask({ kind: 'archive', id: 2, what: 'model' })).toMatchObject({ code: 'ORZ_USAGE' });
  });
});

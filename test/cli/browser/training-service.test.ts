import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Metrics } from '../../../core/contracts/metric-sink.js';
import { emptyFolder, readTree, runIn } from '../../end-to-end/run-in-folder.js';
import { readTar } from './read-tar.js';
import { startTestService, smallChoice, smallSettings } from './test-service.js';

const folder = emptyFolder();
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** What is measured rather than computed. */
const costs = ['seconds', 'phaseShare', 'tokensPerSecond', 'memoryBytes', 'peakMemoryBytes'];
const computed = (records: readonly Metrics[]): Metrics[] =>
  records.map((record) => Object.fromEntries(Object.entries(record).filter(([name]) => !costs.includes(name))));

describe('the worker', () => {
  it('greets with the presets and ablations that run in a browser', async () => {
    const { of } = await startTestService();
    const [ready] = of('ready');
    expect(ready!.presets.map(({ name }) => name)).toContain('orz-tiny');
    expect(ready!.presets.map(({ name }) => name)).not.toContain('orz-7b');
    expect(ready!.ablations.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['gae-lambda-0.95', 'kl-loss', 'kl-penalty']),
    );
  });

  it('computes the same metrics, responses and models as the command line, byte for byte', async () => {
    const node = await runIn(folder, 'node', {
      backend: 'reference',
      metrics: ['jsonl', 'rollouts'],
      ...smallSettings,
    });
    const { service, of } = await startTestService();
    await service.receive({ kind: 'start', choice: smallChoice });
    expect(of('failed')).toEqual([]);
    expect(computed(of('metrics').map(({ metrics }) => metrics))).toEqual(computed(node.metrics));
    const { seconds: _, location: __, ...summary } = of('finished')[0]!.summary;
    expect(node.summary).toMatchObject(summary);

    await service.receive({ kind: 'download', id: 1, what: 'run' });
    const files = readTar(of('archive')[0]!.content);
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

  it('runs once in its life, also when asked twice at the same time', async () => {
    const { service, of } = await startTestService();
    const start = () =>
      service.receive({ kind: 'start', choice: { ...smallChoice, set: [...smallChoice.set, 'iterations=1'] } });
    await Promise.all([start(), start()]);
    await start();
    expect([of('started').length, of('finished').length, of('failed').map(({ error }) => error.code)]).toEqual([
      1,
      1,
      ['ORZ_USAGE', 'ORZ_USAGE'],
    ]);
  });

  it('trains an ablation on top of a preset', async () => {
    const { service, of } = await startTestService();
    await service.receive({
      kind: 'start',
      choice: { ...smallChoice, ablation: 'kl-loss', set: [...smallChoice.set, 'iterations=1'] },
    });
    expect(of('failed')).toEqual([]);
    expect(of('metrics')[0]!.metrics['klLoss']).toEqual(expect.any(Number));
  });

  it('hands responses to the page with everything known about each token', async () => {
    const { service, of } = await startTestService();
    await service.receive({ kind: 'start', choice: { ...smallChoice, set: [...smallChoice.set, 'iterations=1'] } });
    expect(of('samples').map(({ iteration, set, samples }) => [iteration, set, samples.length])).toEqual([
      [0, 'held-out', 6],
      [1, 'held-out', 6],
      [1, undefined, 8],
    ]);
    for (const line of of('samples')[2]!.samples) {
      expect(line.tokenTexts.join('').startsWith(line.text)).toBe(true);
      expect(line.advantages).toHaveLength(line.tokens.length);
    }
  });

  it('pauses between two programs, says so, and continues with its clock where it stopped', async () => {
    let slept = 0;
    const { service, posted, of } = await startTestService(
      (message) => {
        if (message.kind === 'metrics' && message.metrics['iteration'] === 1) void service.receive({ kind: 'pause' });
      },
      () => performance.now() + slept,
    );
    const run = service.receive({ kind: 'start', choice: smallChoice });
    await expect.poll(() => of('paused')).toEqual([{ kind: 'paused', paused: true }]);
    const before = posted.length;
    await new Promise((resolve) => {
      setTimeout(resolve, 300);
    });
    slept = 3_600_000; // An hour later.
    expect(posted.length).toBe(before);
    await service.receive({ kind: 'resume' });
    await run;
    expect(of('paused').map(({ paused }) => paused)).toEqual([true, false]);
    expect(of('finished')).toHaveLength(1);
    const second = of('metrics')[1]!.metrics['seconds'] as Readonly<Record<string, number>>;
    expect(second['total']).toBeLessThan(3600);
  });

  it('finishes the iteration when it is stopped, even while paused, and offers the model saved then', async () => {
    const { service, of } = await startTestService((message) => {
      if (message.kind === 'metrics' && message.metrics['iteration'] === 1) void service.receive({ kind: 'pause' });
      if (message.kind === 'paused' && message.paused) void service.receive({ kind: 'stop' });
    });
    await service.receive({ kind: 'start', choice: { ...smallChoice, set: [...smallChoice.set, 'iterations=100'] } });
    expect(of('failed')[0]!.error).toMatchObject({ code: 'ORZ_INTERRUPTED' });
    expect(of('metrics')).toHaveLength(2); // It was paused in the second.
    await service.receive({ kind: 'download', id: 5, what: 'model' });
    const files = readTar(of('archive')[0]!.content);
    expect([...files.keys()]).toEqual(
      expect.arrayContaining(['orz-model/config.json', 'orz-model/model.safetensors', 'orz-model/tokenizer.json']),
    );
  });

  it('says before the start what is wrong with a setting, or what the run would need', async () => {
    const { service, of } = await startTestService();
    const check = async (id: number, set: string[]) =>
      service.receive({ kind: 'check', id, choice: { preset: 'orz-tiny', backend: 'reference', set } });
    await check(1, ['iteratons=3']);
    await check(2, ['backend=onnx']);
    await check(3, ['grading.workers=4']);
    await check(4, ['no value']);
    await check(5, ['iterations=3']);
    expect(of('rejected').map(({ id, error }) => [id, error.code])).toEqual([
      [1, 'ORZ_CONFIG_UNKNOWN_KEY'],
      [2, 'ORZ_BACKEND_UNKNOWN'],
      [3, 'ORZ_CONFIG_INVALID'],
      [4, 'ORZ_USAGE'],
    ]);
    expect(of('rejected')[0]!.error.details?.remedy).toBe("Did you mean 'iterations'?");
    const [{ id, planned }] = of('checked') as [ReturnType<typeof of<'checked'>>[number]];
    expect([id, planned.config.iterations]).toEqual([5, 3]);
    expect(Object.fromEntries(planned.plan)['parameters']).toContain('policy');
  });

  it('reports a run that cannot start as data: code, value, remedy', async () => {
    const { service, of } = await startTestService();
    await service.receive({ kind: 'start', choice: { ...smallChoice, preset: 'orz-tinny' } });
    expect(of('failed')[0]!.error).toMatchObject({
      code: 'ORZ_PRESET_UNKNOWN',
      details: { value: 'orz-tinny', remedy: "Did you mean 'orz-tiny'?" },
    });
    await service.receive({ kind: 'download', id: 1, what: 'model' });
    expect(of('rejected')[0]!.error.code).toBe('ORZ_USAGE');
  });
});

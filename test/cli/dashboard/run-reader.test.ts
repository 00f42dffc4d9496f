import { appendFileSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodeRollouts } from '../../../cli/dashboard/decode-rollouts.js';
import { newestRun } from '../../../cli/dashboard/newest-run.js';
import { openRun } from '../../../cli/dashboard/run-reader.js';
import { claimRunFolder } from '../../../cli/run/run-folder.js';
import { temporaryFolder } from '../temporary-folder.js';
import { fakeRun, metricsLine, rollout, writeBaseEvaluation } from './run-folders.js';

describe('metrics of a run that goes on', () => {
  it('come as they are appended; a line that is being written waits for its end', async () => {
    const folder = fakeRun({ iterations: 2 });
    const run = await openRun(folder);
    const first = await run.metrics(0, 0);
    expect(first).toMatchObject({ restarted: false, records: [{ iteration: 1 }, { iteration: 2 }] });
    const line = metricsLine(3);
    appendFileSync(join(folder, 'metrics.jsonl'), line.slice(0, 17));
    const torn = await run.metrics(first.next, 2);
    expect(torn).toEqual({ restarted: false, records: [], next: first.next });
    appendFileSync(join(folder, 'metrics.jsonl'), line.slice(17));
    expect(await run.metrics(torn.next, 2)).toMatchObject({
      restarted: false,
      records: [{ iteration: 3 }],
      next: first.next + line.length,
    });
  });

  it('begin with the evaluation before training, also when they begin again', async () => {
    const folder = fakeRun({ iterations: 2 });
    writeBaseEvaluation(folder);
    const run = await openRun(folder);
    const first = await run.metrics(0, 0);
    expect(first.records.map(({ iteration }) => iteration)).toEqual([0, 1, 2]);
    expect(first.records[0]).toMatchObject({ 'evaluation/held-out': { reward: 0.25 } });
    expect((await run.metrics(first.next, 2)).records).toEqual([]);
    writeFileSync(join(folder, 'metrics.jsonl'), metricsLine(1));
    const again = await run.metrics(first.next, 2);
    expect([again.restarted, again.records.map(({ iteration }) => iteration)]).toEqual([true, [0, 1]]);
  });

  it('begin again when the file was cut back, whether it is shorter now or longer', async () => {
    const folder = fakeRun({ iterations: 4 });
    const run = await openRun(folder);
    const { next } = await run.metrics(0, 0);
    truncateSync(join(folder, 'metrics.jsonl'), metricsLine(1).length);
    expect(await run.metrics(next, 4)).toMatchObject({
      restarted: true,
      records: [{ iteration: 1 }],
      next: metricsLine(1).length,
    });
    for (const iteration of [2, 3, 4, 5])
      appendFileSync(join(folder, 'metrics.jsonl'), metricsLine(iteration, { note: 'longer than before' }));
    const again = await run.metrics(next, 4);
    expect(again.restarted).toBe(true);
    expect(again.records.map(({ iteration }) => iteration)).toEqual([1, 2, 3, 4, 5]);
  });

  it('are none before the first iteration', async () => {
    const folder = fakeRun();
    truncateSync(join(folder, 'metrics.jsonl'), 0);
    expect(await (await openRun(folder)).metrics(0, 0)).toEqual({ records: [], next: 0, restarted: false });
  });

  it.each(['{"iteration": 2', 'null', '5', '[]', '"text"', '\u0000\u0000', '{"iteration":1}{"iteration":2}'])(
    'leave out a damaged line, %j, and count it',
    async (line) => {
      const folder = fakeRun();
      writeFileSync(join(folder, 'metrics.jsonl'), `${metricsLine(1)}${line}\n${metricsLine(3)}`);
      const run = await openRun(folder);
      const { next, ...update } = await run.metrics(0, 0);
      expect(update).toMatchObject({ restarted: false, records: [{ iteration: 1 }, { iteration: 3 }], damaged: 1 });
      expect(await run.metrics(next, 3)).toEqual({ records: [], next, restarted: false });
    },
  );
});

describe('facts of a run', () => {
  it('are its state and the settings worth a look', async () => {
    const folder = fakeRun({ name: 'mine' });
    const run = await openRun(folder);
    expect(await run.info()).toEqual({
      name: 'mine',
      folder,
      state: 'unfinished',
      iterations: 5,
      facts: [
        ['model', 'arithmetic-base'],
        ['seed', '7'],
        ['prompts × samples', '2 × 4'],
      ],
    });
    writeFileSync(join(folder, 'summary.json'), '{}');
    expect(await run.info()).toMatchObject({ state: 'finished' });
  });

  it('say that a run is at work while a process holds its folder', async () => {
    const held = await claimRunFolder(join(temporaryFolder(), 'run'));
    writeFileSync(join(held.path, 'config.json'), '{"iterations": "many"');
    expect(await (await openRun(held.path)).info()).toMatchObject({ state: 'running', facts: [] });
    await held.release();
  });

  it('a folder without a run is an error', async () => {
    await expect(openRun(temporaryFolder())).rejects.toMatchObject({ code: 'ORZ_DATA_MISSING' });
    await expect(openRun('/does/not/exist')).rejects.toMatchObject({ code: 'ORZ_DATA_MISSING' });
  });
});

describe('rollout files', () => {
  it('are listed by iteration with their sets; nothing else is', async () => {
    const folder = fakeRun({
      rollouts: {
        '000012.train.jsonl.gz': [rollout(0)],
        '000002.train.jsonl.gz': [rollout(0)],
        '000002.evaluation-a%2Fb.jsonl.gz': [rollout(0)],
      },
    });
    for (const name of ['notes.txt', '000003.train.jsonl', 'x000003.train.jsonl.gz'])
      writeFileSync(join(folder, 'rollouts', name), '');
    expect(
      (await (await openRun(folder)).rolloutFiles()).map(({ file, iteration, set }) => [file, iteration, set]),
    ).toEqual([
      ['000002.evaluation-a%2Fb.jsonl.gz', 2, 'a/b'],
      ['000002.train.jsonl.gz', 2, undefined],
      ['000012.train.jsonl.gz', 12, undefined],
    ]);
  });

  it('are read by a name of the listing and by no other', async () => {
    const folder = fakeRun({ rollouts: { '000001.train.jsonl.gz': [rollout(4)] } });
    const run = await openRun(folder);
    expect(decodeRollouts((await run.rolloutContent('000001.train.jsonl.gz'))!, 'x').map(({ index }) => index)).toEqual(
      [4],
    );
    for (const name of [
      '../config.json',
      '..%2Fconfig.json',
      '/etc/passwd',
      '',
      '000002.train.jsonl.gz',
      './000001.train.jsonl.gz',
    ])
      expect(await run.rolloutContent(name), name).toBeUndefined();
  });

  it.each([
    ['no gzip', Buffer.from('{}')],
    ['no header', gzipSync('{"index": 1}\n')],
    ['another version', gzipSync('{"format":"orz-rollouts","version":2}\n')],
    ['a line that is no JSON', gzipSync('{"format":"orz-rollouts","version":1}\n{\n')],
  ])('with %s are refused', (_, content) => {
    expect(() => decodeRollouts(content, 'file.gz')).toThrow(expect.objectContaining({ code: 'ORZ_DATA_MALFORMED' }));
  });
});

describe('the newest run', () => {
  it('is the one begun last, also before it has saved a model', async () => {
    const home = temporaryFolder();
    for (const name of ['b', 'a']) {
      mkdirSync(join(home, 'runs', name), { recursive: true });
      writeFileSync(join(home, 'runs', name, 'config.json'), '{}');
      await new Promise((resolve) => {
        setTimeout(resolve, 15);
      });
    }
    symlinkSync('nowhere', join(home, 'runs', 'z'));
    expect(await newestRun(home)).toBe(join(home, 'runs', 'a'));
  });

  it('none is an error with a remedy', async () => {
    await expect(newestRun(temporaryFolder())).rejects.toMatchObject({
      code: 'ORZ_DATA_MISSING',
      details: { remedy: expect.stringContaining('orz-train') },
    });
  });
});

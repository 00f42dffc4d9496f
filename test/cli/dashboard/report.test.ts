import { describe, expect, it } from 'vitest';
import { embedJson, escapeHtml, reportPage } from '../../../cli/dashboard/html.js';
import { makeReport } from '../../../cli/dashboard/report.js';
import { withinBytes } from '../../../cli/dashboard/report-rollouts.js';
import { evenly } from '../../../cli/dashboard/shared/evenly.js';
import { openRun } from '../../../cli/dashboard/run-reader.js';
import type { ReportData, Rollout } from '../../../cli/dashboard/shared/data.js';
import { fakeRun, hostileTexts, rollout } from './run-folders.js';

const assets = { script: 'start()', style: 'body { margin: 0 }' };
const dataOf = (page: string): ReportData =>
  JSON.parse(/<script type="application\/json" id="report">(.*?)<\/script>/s.exec(page)![1]!) as ReportData;
const report = async (folder: string): Promise<string> => makeReport([await openRun(folder)], assets);

describe('data inside a page', () => {
  it.each(hostileTexts)('%j comes back as it was, and ends no element', (text) => {
    const embedded = embedJson({ [text]: text });
    expect(Object.entries(JSON.parse(embedded) as object)).toEqual([[text, text]]);
    expect(embedded).not.toMatch(/[<>\u2028\u2029]/);
  });

  it('a title is escaped', () => {
    expect(escapeHtml(`<a title="x" & 'y'>`)).toBe('&lt;a title=&quot;x&quot; &amp; &#39;y&#39;&gt;');
    expect(reportPage('</title><script>', { id: 'report', data: {} }, assets)).toContain(
      '<title>&lt;/title&gt;&lt;script&gt;</title>',
    );
  });

  it('a script that would close its own element is refused', () => {
    expect(() => reportPage('x', { id: 'report', data: {} }, { ...assets, script: '"</script>"' })).toThrow(
      'close its own element',
    );
  });
});

describe('a report', () => {
  it('holds everything and allows nothing else: its own script and style by their hashes', async () => {
    const page = await report(
      fakeRun({ rollouts: { '000001.train.jsonl.gz': [rollout(0, { text: hostileTexts[1]! })] } }),
    );
    expect(page).toContain(`script-src 'sha256-`);
    expect(page).not.toMatch(/(?:src|href)="(?!data:)/);
    expect(page.match(/<\/script>/g)).toHaveLength(2);
    const [run] = dataOf(page).runs;
    expect(run).toMatchObject({
      info: { name: 'run' },
      series: {
        iterations: [1, 2, 3],
        elapsed: [2, 4, 6],
        columns: { reward: [0.1, 0.2, 0.3], 'stopReasons/length': [0, 0, 0] },
      },
    });
    expect(run!.rollouts[0]!.rollouts[0]!.text).toBe(hostileTexts[1]);
  });

  it('of several runs says whether their curves are whole, so that they can be averaged over seeds', async () => {
    const ofTwo = async (iterations: number): Promise<ReportData> => {
      const folders = [1, 2].map((seed) => fakeRun({ name: `seed-${seed}`, iterations, config: { seed } }));
      return dataOf(await makeReport(await Promise.all(folders.map(openRun)), assets));
    };
    const [whole, thinned] = [await ofTwo(600), await ofTwo(601)];
    expect([whole.thinned, thinned.thinned]).toEqual([undefined, true]);
    expect([whole, thinned].map(({ note }) => note.includes('not averaged over seeds'))).toEqual([false, true]);
  });

  it('is written for a run without responses too', async () => {
    expect(dataOf(await report(fakeRun())).runs[0]!.rollouts).toEqual([]);
  });

  it('stays below 2 MB for long runs with long responses, and says what it left out', async () => {
    const long = (seed: number, tokens = 400): Rollout[] =>
      Array.from({ length: 12 }, (_, i) =>
        rollout(i, { group: i >> 2, text: `<${'x'.repeat(500 + seed)}`, tokens, reward: i % 3 === 0 ? 1 : 0 }),
      );
    const folder = fakeRun({
      iterations: 3000,
      rollouts: Object.fromEntries(
        Array.from({ length: 40 }, (_, i) => [`${String(i + 1).padStart(6, '0')}.train.jsonl.gz`, long(i)]),
      ),
    });
    const page = await report(folder);
    expect(page.length).toBeLessThan(1.7e6); // The built page, some 110 kB, comes on top.
    const data = dataOf(page);
    expect(data.runs[0]!.series.iterations.length).toBeLessThanOrEqual(600);
    expect(data.runs[0]!.rollouts.map(({ file }) => file.iteration)).toEqual([
      1, 4, 6, 9, 11, 14, 17, 19, 22, 24, 27, 30, 32, 35, 37, 40,
    ]);
    expect(data.note).toMatch(/from 16 of 40 files.*extremes of each section of iterations\./);
    const [first, middle, last] = [1, 2, 3].map((seed) => long(seed, 8000).slice(0, 1));
    const huge = dataOf(
      await report(
        fakeRun({
          rollouts: {
            '000001.train.jsonl.gz': first!,
            '000002.train.jsonl.gz': middle!,
            '000003.train.jsonl.gz': last!,
          },
        }),
      ),
    );
    expect(huge.runs[0]!.rollouts.map(({ file }) => file.iteration)).toEqual([1, 3]);
  });
});

describe('responses chosen for a report', () => {
  it('come from the first file, the last, and evenly between', () => {
    expect(evenly([1, 2, 3], 3)).toEqual([1, 2, 3]);
    expect(evenly([0, 1, 2, 3, 4, 5, 6, 7, 8], 3)).toEqual([0, 4, 8]);
  });

  it('are of mixed groups first, of a large group the best, worst and longest; in the order of the file', () => {
    const all = [
      ...[0, 1, 2, 3].map((i) => rollout(i, { group: 0 })),
      ...[4, 5, 6, 7].map((i) => rollout(i, { group: 1, reward: i === 6 ? 1 : 0, tokens: i === 5 ? 4 : 3 })),
    ];
    const one = embedJson(all[5]).length + 1;
    expect(withinBytes(all, 3.1 * one).map(({ index }) => index)).toEqual([4, 5, 6]);
    expect(withinBytes(all, 1e6)).toEqual(all);
    expect(withinBytes(all, 10)).toEqual([]);
  });
});

import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadAssets } from '../../../cli/dashboard/assets.js';
import { makeReport } from '../../../cli/dashboard/report.js';
import { openRun } from '../../../cli/dashboard/run-reader.js';
import { startDashboard, type Dashboard } from '../../../cli/dashboard/server.js';
import { findBrowser, launchBrowser, openPage as openBrowserPage } from '../../support/browser.js';
import { fakeRun, hostileTexts, metricsLine, rollout, writeRollouts } from './run-folders.js';

const found = findBrowser();
if ('reason' in found) console.error(`skipped: ${found.reason}`);

let browser: Browser;
let served: Dashboard;
let page: Page;
let folders: string[];
let complaints: string[];

beforeAll(async () => {
  if (!('reason' in found)) browser = await launchBrowser(found);
});
afterAll(() => browser?.close());

/** A page that notes errors, refused content, and requests to anywhere but its own server. */
async function openPage(options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
  const opened = await openBrowserPage(browser, { viewport: { width: 1280, height: 800 }, ...options });
  opened.on('pageerror', (error) => complaints.push(error.message));
  opened.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  opened.on('request', (request) => {
    if (!request.url().startsWith(served.url) && !/^(file|data):/.test(request.url())) complaints.push(request.url());
  });
  opened.on('dialog', (dialog) => {
    complaints.push(dialog.message());
    void dialog.dismiss();
  });
  return opened;
}

const group = [
  rollout(0, {
    text: 'Maybe 4.',
    reward: 0,
    tokens: 4,
    extra: { tokenTexts: ['Maybe ', '4', '.', '\n'], answer: '4', verdict: 'wrong' },
  }),
  rollout(1, { text: 'Wait, 3', reward: 1, tokens: 2, extra: { tokenTexts: ['Wait,', ' 3'], probability: undefined } }),
  ...hostileTexts.map((text, i) =>
    rollout(2 + i, {
      group: 1,
      text,
      tokens: 2,
      extra: {
        tokenTexts: [text, 'x'],
        question: text,
        gold: text,
        answer: text,
        problem: text,
        prompt: text,
        verdict: 'no-answer',
        detail: { rule: text, [text]: text },
      },
    }),
  ),
];

beforeEach(async () => {
  if ('reason' in found) return;
  complaints = [];
  folders = [
    fakeRun({
      name: 'first',
      rollouts: { '000003.train.jsonl.gz': group, '000001.evaluation-held.jsonl.gz': [rollout(0, { text: 'before' })] },
    }),
    fakeRun({ name: 'second', iterations: 4 }),
  ];
  served = await startDashboard({
    runs: await Promise.all(folders.map(openRun)),
    assets: await loadAssets(),
    host: '127.0.0.1',
    port: 0,
  });
  page = await openPage();
});
afterEach(async () => {
  if ('reason' in found) return;
  await page.close();
  await served.close();
  expect(complaints).toEqual([]);
});

/** They follow the page's own drawing by a moment: to be polled. */
const readouts = (title: string): Promise<string[]> =>
  page.locator('figure', { hasText: title }).first().locator('output').allTextContents();

/** A script of the page: heights of the two tallest strokes in the colour of the first run, 10 pixels apart or more. */
const tallestStrokes = `(() => {
  const chart = [...document.querySelectorAll('figure')].find(({ innerText }) => innerText.includes('Held-out reward'));
  const canvas = chart.querySelector('canvas');
  const { width, height } = canvas;
  const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
  const isBlue = (at) => data[at + 3] > 60 && data[at + 2] > data[at] + 60;
  const columns = Array.from({ length: width }, (_, x) => {
    let count = 0;
    for (let y = 0; y < height; y++) count += Number(isBlue(4 * (y * width + x)));
    return { x, count };
  }).sort((a, b) => b.count - a.count);
  const second = columns.find(({ x }) => Math.abs(x - columns[0].x) >= 10);
  return [columns[0].count, second.count];
})()`;

/** A script of the page: the share of the first chart, its axes included, that is as translucent as a band. */
const bandShare = `(() => {
  const canvas = document.querySelector('.plot canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return data.filter((value, i) => i % 4 === 3 && Math.abs(value - 0x2e) <= 1).length / (data.length / 4);
})()`;

/** A script of the page: the beginning of each control without a name that can be read aloud. */
const unnamedControls = `
  var nameOf = (control) =>
    control.getAttribute('aria-label') ?? (control.labels?.[0]?.textContent || control.textContent);
  [...document.querySelectorAll('button, a, input, select, [role=img], [role=listbox]')]
    .filter((control) => nameOf(control).trim() === '')
    .map((control) => control.outerHTML.slice(0, 120))`;

describe.skipIf('reason' in found)('the dashboard in a browser', () => {
  it('draws the curves of all runs, with the newest value of each', async () => {
    await page.goto(served.url);
    await page.waitForSelector('.plot canvas');
    await expect.poll(() => readouts('Reward')).toEqual(['0.3', '0.4']);
    expect(await page.locator('figure').count()).toBeGreaterThanOrEqual(4);
    expect(await page.locator('.plot').first().getAttribute('aria-label')).toContain('first: reward: from 0.1 to 0.3');
    expect(await page.title()).toBe('first, second · orz-train');
  });

  it('draws the interval of the held-out reward as error bars, and reads it out', async () => {
    const evaluated = (reward: number, half: number): object => ({
      'evaluation/held': { reward, rewardLow: reward - half, rewardHigh: reward + half },
    });
    appendFileSync(join(folders[0]!, 'metrics.jsonl'), metricsLine(4, evaluated(0.5, 0.25)));
    appendFileSync(join(folders[0]!, 'metrics.jsonl'), metricsLine(5));
    appendFileSync(join(folders[0]!, 'metrics.jsonl'), metricsLine(6, evaluated(0.625, 0.125)));
    await page.goto(served.url);
    const chart = page.locator('figure', { hasText: 'Held-out reward' });
    await chart.locator('canvas').scrollIntoViewIfNeeded();
    await expect.poll(() => readouts('Held-out reward')).toEqual(['0.625 [0.5, 0.75]']);
    expect(await page.locator('figure', { hasText: 'rewardLow' }).count()).toBe(0);
    expect(await chart.locator('.plot').getAttribute('aria-label')).toContain('from 0.5 to 0.625 [0.5, 0.75]');
    // A bar is the only thing in the column of its iteration that reaches from one end of its interval to the other.
    const [tall, short] = await page.evaluate<[number, number]>(tallestStrokes);
    expect(tall / short).toBeGreaterThan(1.8);
    expect(tall / short).toBeLessThan(2.2);
    await page.getByRole('slider').fill('0.5');
    await expect.poll(async () => (await readouts('Held-out reward'))[0]).not.toContain('[');
  });

  it('shows what comes while the run goes on, and starts over when it was cut back', async () => {
    await page.goto(served.url);
    await page.waitForSelector('.plot canvas');
    appendFileSync(join(folders[0]!, 'metrics.jsonl'), metricsLine(4, { reward: 0.875 }));
    await expect.poll(() => readouts('Reward')).toEqual(['0.875', '0.4']);
    writeFileSync(
      join(folders[0]!, 'metrics.jsonl'),
      metricsLine(1, { reward: 0.5 }) + metricsLine(2, { reward: 0.625 }),
    );
    await expect.poll(() => readouts('Reward')).toEqual(['0.625', '0.4']);
    await expect(page.locator('.run').first().textContent()).resolves.toContain('iteration 2 of 5');
  });

  it('explains each chart below its title, and shows shares from 0 to 1 unless they are zoomed', async () => {
    await page.goto(served.url);
    await page.waitForSelector('.plot canvas');
    const charts = await page.locator('figure').count();
    expect(await page.locator('figure .help').count()).toBe(charts);
    for (const help of await page.locator('figure .help').all()) {
      expect(await help.isVisible()).toBe(true);
      expect((await help.textContent())!.length).toBeLessThanOrEqual(64);
    }
    const zoom = page.getByRole('button', { name: 'Reward: zoom', exact: true });
    expect(await zoom.getAttribute('aria-pressed')).toBe('false');
    await zoom.focus();
    await page.keyboard.press('Enter');
    expect(await zoom.getAttribute('aria-pressed')).toBe('true');
    expect(await zoom.textContent()).toBe('zoomed in');
  });

  it.each([1280, 390])('says in what the runs differ, and overlaps nothing on %i pixels', async (width) => {
    const config = JSON.parse(readFileSync(join(folders[1]!, 'config.json'), 'utf8')) as object;
    writeFileSync(join(folders[1]!, 'config.json'), JSON.stringify({ ...config, advantage: { lambda: 0.95 } }));
    await page.setViewportSize({ width, height: 900 });
    await page.goto(served.url);
    await page.waitForSelector('.plot canvas');
    await expect(page.locator('.differences').textContent()).resolves.toBe(
      'The runs differ in advantage.lambda not set vs 0.95',
    );
    expect(await page.locator('.run').last().textContent()).toContain('advantage.lambda 0.95');
    expect(await page.locator('.plot').first().getAttribute('aria-label')).toContain('second (advantage.lambda 0.95)');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  });

  it('averages runs that differ in the seed alone, and shows single ones if asked', async () => {
    const added = [0.5, 0.75].map((reward, i) => {
      const folder = fakeRun({ name: `seed-${i}`, config: { seed: i, topK: 5 } });
      const lines = [4, 5].map((iteration) => metricsLine(iteration, { reward, responseLength: 10 * reward }));
      appendFileSync(join(folder, 'metrics.jsonl'), lines.join(''));
      return folder;
    });
    await served.close();
    const runs = await Promise.all([folders[1]!, ...added].map(openRun));
    served = await startDashboard({ runs, assets: await loadAssets(), host: '127.0.0.1', port: 0 });
    await page.goto(served.url);
    await page.waitForSelector('.plot canvas');
    // The standard error of 0.5 and 0.75 is 0.125.
    await expect.poll(() => readouts('Reward')).toEqual(['0.4', '0.625 [-0.963, 2.213]']);
    await expect(page.locator('.differences').textContent()).resolves.toBe('The arms differ in topK not set vs 5');
    expect(await page.locator('.run').count()).toBe(2);
    expect(await page.locator('.run').last().textContent()).toMatch(/^ ?topK 5unfinished.*mean of seeds 0, 1$/);
    // It covers the axis from 0 to 1 over the last of four iterations, and nothing before, where the seeds agree.
    expect(await page.evaluate<number>(bandShare)).toBeGreaterThan(0.15);
    expect(await page.evaluate<number>(bandShare)).toBeLessThan(0.25);
    // A band that a logarithmic axis cannot show to its end is read out to it.
    const lengths = page.locator('figure', { hasText: 'Response length' });
    await lengths.getByRole('button', { name: 'log' }).click();
    await expect.poll(() => readouts('Response length')).toEqual(['16', '6.25 [-9.633, 22.13]']);
    await page.getByRole('checkbox', { name: 'topK 5' }).uncheck();
    await expect.poll(() => readouts('Reward')).toEqual(['0.4']);
    await page.getByRole('checkbox', { name: 'Average over seeds' }).uncheck();
    await expect.poll(() => readouts('Reward')).toEqual(['0.4', '0.5', '0.75']);
    expect(await page.locator('.run').count()).toBe(3);
    expect(await page.evaluate<number>(bandShare)).toBeLessThan(0.01); // Edges of letters and lines.
  });

  it('starts in a browser whose language is none', async () => {
    await page.addInitScript(
      `Object.defineProperty(navigator, 'language', { value: 'en-US@posix', configurable: true })`,
    );
    await page.goto(served.url);
    await page.waitForSelector('.plot canvas');
  });

  it('draws a curve that only rounding moves', async () => {
    writeFileSync(
      join(folders[0]!, 'metrics.jsonl'),
      metricsLine(1, { ratioMean: 1.0000001192092896 }) + metricsLine(2, { ratioMean: 0.9999999403953552 }),
    );
    await page.goto(served.url);
    await page.locator('figure', { hasText: 'ratioMean' }).locator('canvas').scrollIntoViewIfNeeded();
    await expect.poll(() => readouts('ratioMean')).toEqual(['1']);
  });

  it('reads all charts at the pointer, and at the place the arrow keys choose', async () => {
    await page.goto(served.url);
    await page.waitForSelector('.plot canvas');
    await page.locator('.plot').first().focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => readouts('Reward')).toEqual(['0.1', '0.1']);
    await expect.poll(async () => (await readouts('Response length'))[0]).toBe('19');
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => readouts('Reward')).toEqual(['0.2', '0.2']);
  });

  it('hides a run, smooths, changes the axis, and takes logarithms', async () => {
    await page.goto(served.url);
    await page.waitForSelector('.plot canvas');
    await page.getByRole('checkbox', { name: 'second' }).uncheck();
    await expect.poll(() => readouts('Reward')).toEqual(['0.3']);
    await page.getByRole('slider').fill('0.5');
    const mean = (0.3 + 0.2 / 2 + 0.1 / 4) / 1.75;
    await expect.poll(() => readouts('Reward')).toEqual([mean.toPrecision(3)]);
    await page.getByLabel('time').check();
    await page.locator('figure', { hasText: 'Response length' }).getByRole('button', { name: 'log' }).click();
    await expect.poll(() => page.locator('button[aria-pressed=true]').count()).toBe(1);
  });

  it('says so when the server is gone, and goes on when it is back', async () => {
    await page.goto(served.url);
    await page.waitForSelector('.plot canvas');
    const { port } = new URL(served.url);
    await served.close();
    await page.waitForSelector('[role=alert]');
    served = await startDashboard({
      runs: await Promise.all(folders.map(openRun)),
      assets: await loadAssets(),
      host: '127.0.0.1',
      port: Number(port),
    });
    await page.waitForSelector('[role=alert]', { state: 'detached' });
    complaints = complaints.filter((text) => !text.includes('ERR_CONNECTION_REFUSED'));
  });

  it('sorts, filters and searches the responses', async () => {
    await page.goto(`${served.url}#responses`);
    await page.waitForSelector('tbody tr');
    const verdicts = (): Promise<string[]> => page.locator('tbody .verdict').allTextContents();
    expect(await verdicts()).toHaveLength(group.length);
    await page.getByLabel('Verdict').selectOption('correct');
    expect(await verdicts()).toEqual(['✓ correct']);
    await page.getByLabel('Verdict').selectOption('');
    await page.getByLabel('minimum tokens').fill('3');
    expect(await page.locator('[role=status]').textContent()).toBe(`1 of ${group.length} responses`);
    await page.getByLabel('minimum tokens').fill('');
    await page.getByLabel('Search').fill('MAYBE');
    expect(await verdicts()).toEqual(['✗ wrong']);
    await page.getByLabel('Search').fill('');
    await page.getByRole('button', { name: 'Reward' }).click();
    await page.getByRole('button', { name: 'Reward' }).click();
    expect((await verdicts())[0]).toBe('✓ correct');
    expect(await page.locator('th[aria-sort=descending]').textContent()).toContain('Reward');
    await page.getByLabel('Responses').selectOption('held');
    await expect.poll(() => page.locator('td.response').allTextContents()).toEqual(['before']);
  });

  it('lists what a run writes meanwhile', async () => {
    await page.goto(`${served.url}#responses`);
    await page.waitForSelector('tbody tr');
    writeRollouts(folders[0]!, '000004.train.jsonl.gz', [rollout(0, { text: 'fresh' })]);
    appendFileSync(join(folders[0]!, 'metrics.jsonl'), metricsLine(4));
    await expect.poll(() => page.locator('td.response').allTextContents()).toEqual(['fresh']);
  });

  it('shows a response token by token: numbers, colours, verdict, rule and group', async () => {
    await page.goto(`${served.url}#responses`);
    await page.getByRole('link', { name: 'Maybe 4.' }).click();
    await page.waitForSelector('.token');
    expect(await page.locator('.token').allTextContents()).toEqual(['Maybe ', '4', '.', '↵\n']);
    await page.locator('.tokens').focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    const details = page.locator('.token-details');
    expect(await details.textContent()).toMatch(
      /Token 1 of 4, id 1"4"probability0\.6065.*-0\.5000.*-0\.5000.*0\.2500.*0\.2000.*-0\.3500/,
    );
    expect(await page.locator('.tokens').getAttribute('aria-activedescendant')).toBe('token-1');
    const background = (): Promise<unknown> =>
      page.evaluate(`getComputedStyle(document.querySelector('#token-0')).backgroundColor`);
    const unlikely = await background();
    await page.getByLabel('advantage').check();
    expect(await background()).not.toBe(unlikely);
    expect(await page.locator('.problem').textContent()).toMatch(
      /✗ wrong.*Extracted answer4Reference answer3Decided byrule exact/,
    );
    expect(await page.locator('.siblings li').count()).toBe(2);
    await page.locator('.siblings a').nth(1).click();
    await expect.poll(() => page.locator('.token').allTextContents()).toEqual(['Wait,', ' 3']);
    await page.goBack();
    await expect.poll(() => page.locator('.token').count()).toBe(4);
  });

  it.each(hostileTexts.map((text, i) => [text, i] as const))('shows %j as text, everywhere', async (_, i) => {
    await page.goto(`${served.url}#response/0/000003.train.jsonl.gz/${2 + i}`);
    await page.waitForSelector('.token');
    await page.hover('#token-0');
    expect(await page.title()).toBe('first, second · orz-train');
    expect(await page.locator('main script, main img, main iframe, main b').count()).toBe(0);
    expect(await page.locator('main').innerText()).not.toMatch(/(?!\n|\t)[\p{Cc}\p{Cf}\u2028]/u);
    if (hostileTexts[i]!.startsWith('<')) expect(await page.locator('#token-0').textContent()).toBe(hostileTexts[i]);
  });

  it('fits a narrow screen and follows a dark system', async () => {
    await page.close();
    page = await openPage({ viewport: { width: 380, height: 700 }, colorScheme: 'dark' });
    for (const view of ['#curves', '#responses', '#response/0/000003.train.jsonl.gz/0']) {
      await page.goto(`${served.url}${view}`);
      await page.waitForSelector('.plot canvas, tbody tr');
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), view).toBe(true);
    }
    expect(await page.evaluate('getComputedStyle(document.documentElement).backgroundColor')).toBe('rgb(24, 26, 31)');
  });

  it('every control has a name that can be read aloud', async () => {
    for (const view of ['#curves', '#responses', '#response/0/000003.train.jsonl.gz/0']) {
      await page.goto(`${served.url}${view}`);
      await page.waitForSelector('.plot canvas, tbody tr');
      const unnamed = await page.evaluate(unnamedControls);
      expect(unnamed, view).toEqual([]);
    }
  });
});

describe.skipIf('reason' in found)('a report in a browser', () => {
  it('opens from a file without any request, with curves, responses and tokens', async () => {
    const file = join(folders[0]!, 'report.html');
    const content = await makeReport(await Promise.all(folders.map(openRun)), await loadAssets());
    writeFileSync(file, content);
    await page.context().setOffline(true);
    await page.goto(pathToFileURL(file).href);
    await page.waitForSelector('.plot canvas');
    await expect.poll(() => readouts('Reward')).toEqual(['0.3', '0.4']);
    await page.getByRole('link', { name: 'Responses' }).click();
    await page.waitForSelector('tbody tr');
    await page.getByRole('link', { name: '<script>' }).first().click();
    await page.waitForSelector('.token');
    expect(await page.locator('#token-0').textContent()).toBe(hostileTexts[0]);
    expect(await page.title()).toBe('first, second · orz-train');
    expect(await page.locator('.note').textContent()).toContain('orz-train dashboard');
  });

  it.each([
    [3, 1],
    [700, 0],
  ])('averages over seeds where its curves of %i iterations are whole', async (iterations, switches) => {
    const seeds = [1, 2].map((seed) => fakeRun({ name: `seed-${seed}`, iterations, config: { seed } }));
    const file = join(folders[0]!, 'report.html');
    writeFileSync(file, await makeReport(await Promise.all(seeds.map(openRun)), await loadAssets()));
    await page.goto(pathToFileURL(file).href);
    await page.waitForSelector('.plot canvas');
    expect(await page.getByRole('checkbox', { name: 'Average over seeds' }).count()).toBe(switches);
    expect(await page.locator('.run').count()).toBe(switches === 1 ? 1 : 2);
  });
});

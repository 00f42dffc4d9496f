import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadAssets } from '../../../../cli/dashboard/assets.js';
import { startDashboard } from '../../../../cli/dashboard/server.js';
import { makeEvaluationReport, readerOf } from '../../../../cli/evaluate/report/html-report.js';
import { readEvaluations, type StoredEvaluation } from '../../../../cli/evaluate/report/read-evaluation.js';
import { compareEvaluations } from '../../../../core/evaluation/compare.js';
import { elementAt } from '../../../../core/arrays.js';
import { findBrowser, launchBrowser, openPage } from '../../../support/browser.js';
import { writeEvaluation } from '../../../support/evaluations.js';

const found = findBrowser();
if ('reason' in found) console.error(`skipped: ${found.reason}`);

const hostile = '<script>alert(1)</script><img src=x onerror=alert(2)>\u2028]]>\u202eafter';
let browser: Browser;
let page: Page;
let evaluations: StoredEvaluation[];
let complaints: string[];

beforeAll(async () => {
  if ('reason' in found) return;
  browser = await launchBrowser(found);
  const other = { model: 'models/second', skill: 0.3, text: () => hostile };
  evaluations = await readEvaluations([
    writeEvaluation({ questions: 150 }),
    writeEvaluation({ ...other, questions: 150 }),
  ]);
});
afterAll(() => browser?.close());

beforeEach(async () => {
  if ('reason' in found) return;
  complaints = [];
  page = await openPage(browser, { viewport: { width: 1280, height: 800 } });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(dialog.message());
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
});
afterEach(async () => {
  if ('reason' in found) return;
  await page.close();
  expect(complaints).toEqual([]);
});

async function openReport(): Promise<void> {
  const [a, b] = [elementAt(evaluations, 0), elementAt(evaluations, 1)];
  const comparison = compareEvaluations(a, b);
  const file = join(mkdtempSync(join(tmpdir(), 'orz-report-')), 'report.html');
  writeFileSync(file, await makeEvaluationReport({ evaluations, comparison, assets: await loadAssets() }));
  await page.goto(pathToFileURL(file).href);
  await page.waitForSelector('section[aria-label=Questions] tbody tr');
}

const questions = () => page.locator('section[aria-label=Questions]');
const status = () => questions().locator('[role=status]').textContent();

describe.skipIf('reason' in found)('evaluations in a browser', () => {
  it('shows plots with intervals, and the comparison in a sentence', async () => {
    await openReport();
    expect(await page.locator('section[aria-label=Comparison]').textContent()).toContain('models/first is better by');
    const plots = await page.locator('svg[role=img]').all();
    expect(plots.length).toBeGreaterThanOrEqual(4);
    for (const plot of plots) expect(await plot.getAttribute('aria-label')).toMatch(/\d\.\d \[-?\d+\.\d, /);
  });

  it('filters, searches and steps through the questions', async () => {
    await openReport();
    expect(await status()).toBe('150 questions');
    expect(await questions().locator('tbody tr').count()).toBe(100);
    await page.getByRole('button', { name: 'Show 50 more' }).click();
    await page.getByLabel('Outcome').selectOption('never right');
    expect(await status()).toMatch(/^\d+ of 150 questions$/);
    await page.getByLabel('Outcome').selectOption('any');
    await page.getByLabel('Search').fill('is 14');
    expect(await status()).toBe('11 of 150 questions');
    await questions().getByRole('button', { name: '14 + 2?', exact: true }).click();
    expect(await page.locator('article dl').textContent()).toContain('Gold answer16');
    expect(await page.locator('.answers li').count()).toBe(4);
    expect(await page.getByRole('button', { name: 'Previous' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Next' }).click();
    expect(await page.locator('article dl').textContent()).toContain('What is 140 + 2?');
    await page.getByRole('button', { name: 'All questions' }).click();
    expect(await status()).toBe('11 of 150 questions');
  });

  it('shows hostile responses as text, in no more than the width of a phone', async () => {
    await page.setViewportSize({ width: 390, height: 800 });
    await openReport();
    await questions().getByLabel('Benchmark').selectOption('1');
    await questions().locator('tbody button').first().click();
    const text = await page.locator('.answers pre').first().textContent();
    expect(text).toBe('<script>alert(1)</script><img src=x onerror=alert(2)>\\u2028]]>\\u202eafter');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
  });

  it('are a view of the dashboard', async () => {
    const served = await startDashboard({
      ...{ runs: [], evaluations: evaluations.map(readerOf), assets: await loadAssets() },
      ...{ host: '127.0.0.1', port: 0 },
    });
    try {
      await page.goto(served.url);
      await page.waitForSelector('section[aria-label=Questions] tbody tr');
      expect(await page.locator('nav').textContent()).toBe('Evaluations');
      await questions().locator('tbody button').first().click();
      expect(await page.locator('.answers li').count()).toBe(4);
    } finally {
      await served.close();
    }
  });
});

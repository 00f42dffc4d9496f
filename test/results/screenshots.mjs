/**
 * `npm run screenshots`: trains two short runs of `orz-tiny`, opens their dashboard and report in a real browser and
 * writes pictures to docs/images.
 *
 *     npm run screenshots -- [--runs FOLDER,FOLDER] [--folder runs/screenshots] [--terminal FILE]
 *
 * `--runs` takes runs that exist. `--terminal` also draws a file with what the terminal showed: text with colour codes,
 * or HTML.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { createJiti } from 'jiti';
import { indexColors } from './indexed-png.mjs';
import { terminalPage } from './terminal-page.mjs';

const file = (/** @type {string} */ path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const built = (/** @type {string} */ path) => import(pathToFileURL(file(`dist/cli/dashboard/${path}`)).href);
const { findBrowser, launchBrowser } = /** @type {typeof import('../support/browser.js')} */ (
  await createJiti(import.meta.url).import('../support/browser.ts')
);
const { openRun } = /** @type {typeof import('../../cli/dashboard/run-reader.js')} */ (await built('run-reader.js'));
const { loadAssets } = /** @type {typeof import('../../cli/dashboard/assets.js')} */ (await built('assets.js'));
const { startDashboard } = /** @type {typeof import('../../cli/dashboard/server.js')} */ (await built('server.js'));
const { makeReport } = /** @type {typeof import('../../cli/dashboard/report.js')} */ (await built('report.js'));

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string' },
    folder: { type: 'string', default: 'runs/screenshots' },
    terminal: { type: 'string' },
  },
});
const viewport = { width: 1280, height: 800 };

const found = findBrowser();
if ('reason' in found) throw new Error(found.reason);
const folders = options.runs?.split(',').map((folder) => resolve(folder)) ?? [
  train('orz-tiny', ['--seed', '7', '--iterations', '16']),
  train('orz-tiny-weak-base', ['--iterations', '12', '--set', 'model.steps=300']),
];

const runs = await Promise.all(folders.map(openRun));
const assets = await loadAssets();
const served = await startDashboard({ runs, assets, host: '127.0.0.1', port: 0 });
const browser = await launchBrowser(found);
try {
  await drawCurves('light', 'dashboard-curves');
  await drawCurves('dark', 'dashboard-dark');
  await drawResponses();
  await drawTokens();
  await drawReport();
  if (options.terminal !== undefined) await drawTerminal(options.terminal);
} finally {
  await browser.close();
  await served.close();
}

/** @param {string} name @param {string[]} args @returns {string} */
function train(name, args) {
  const folder = resolve(options.folder, name);
  const { status } = spawnSync(
    process.execPath,
    [file('cli/setup/orz-train.mjs'), '--preset', 'orz-tiny', ...args, '--run-dir', folder],
    { stdio: 'inherit' },
  );
  if (status !== 0) throw new Error(`The run ${name} failed`);
  return folder;
}

/** @param {import('playwright-core').Page} page @param {string} name */
async function take(page, name) {
  await page.waitForTimeout(400); // Charts are drawn in the next frame.
  const path = file(`docs/images/${name}.png`);
  writeFileSync(path, indexColors(await page.screenshot()));
  console.log(path);
  await page.close();
}

/** @param {'light' | 'dark'} colorScheme @param {string} name */
async function drawCurves(colorScheme, name) {
  const page = await browser.newPage({ viewport, colorScheme });
  await page.goto(served.url);
  await page.waitForSelector('.plot canvas');
  const box = await page.locator('.plot').first().boundingBox();
  if (box) await page.mouse.move(box.x + box.width * 0.62, box.y + box.height / 2);
  await take(page, name);
}

async function drawResponses() {
  const page = await browser.newPage({ viewport, colorScheme: 'light' });
  await page.goto(`${served.url}#responses`);
  await page.waitForSelector('tbody tr');
  await page.getByRole('button', { name: 'Tokens' }).click();
  await page.getByRole('button', { name: 'Tokens' }).click();
  await take(page, 'dashboard-responses');
}

/** A response that doubts and is right. */
async function drawTokens() {
  const page = await browser.newPage({ viewport, colorScheme: 'light' });
  await page.goto(`${served.url}#responses`);
  await page.getByLabel('Verdict').selectOption('correct');
  await page.getByLabel('Search').fill('Wait,');
  await page.locator('td.response a').first().click();
  await page.waitForSelector('.token');
  await page.getByLabel('entropy').check();
  await page.hover('#token-5');
  await take(page, 'dashboard-tokens');
}

async function drawReport() {
  const folder = mkdtempSync(join(tmpdir(), 'orz-report-'));
  const page = await browser.newPage({ viewport, colorScheme: 'light' });
  writeFileSync(join(folder, 'report.html'), await makeReport(runs.slice(0, 1), assets));
  await page.goto(pathToFileURL(join(folder, 'report.html')).href);
  await page.waitForSelector('.plot canvas');
  await take(page, 'report');
  rmSync(folder, { recursive: true });
}

/** @param {string} path */
async function drawTerminal(path) {
  const page = await browser.newPage({ viewport: { width: 1000, height: 400 }, colorScheme: 'dark' });
  const text = readFileSync(path, 'utf8');
  await page.setContent(/\.html?$/i.test(path) ? text : terminalPage(text));
  const box = await page.locator('body').boundingBox();
  await page.setViewportSize({ width: 1000, height: Math.max(100, Math.ceil(box?.height ?? 400)) });
  await take(page, 'terminal');
}

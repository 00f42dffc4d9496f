/**
 * Trains one run in one environment, each with the same settings, and leaves its run folder with a file that says how
 * it was made.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createJiti } from 'jiti';
import { startBrowserPage } from '../../dist/cli/browser/serve.js';
import { indexColors } from './indexed-png.mjs';
import { machineName } from './machine-name.mjs';

const program = fileURLToPath(new URL('../../cli/setup/orz-train.mjs', import.meta.url));
const jiti = createJiti(import.meta.url);
const { findSoftwareAdapter } = /** @type {typeof import('../support/software-adapter.js')} */ (
  await jiti.import('../support/software-adapter.ts')
);
const { findBrowser, launchBrowser, softwareGpuFlags } = /** @type {typeof import('../support/browser.js')} */ (
  await jiti.import('../support/browser.ts')
);
const { readTar } = /** @type {typeof import('../cli/browser/read-tar.js')} */ (
  await jiti.import('../cli/browser/read-tar.ts')
);

/** Files of the run folder beside those of the run: how it was made, written last, and the page after it. */
export const originFile = 'origin.json',
  pictureFile = 'page.png';

/**
 * How a run was made.
 * @typedef {{ readonly settings: readonly string[], readonly device: string, readonly machine: string }} Origin
 */

const machine = machineName();
const originOf = (/** @type {readonly string[]} */ settings, /** @type {string} */ device) =>
  JSON.stringify(/** @satisfies {Origin} */ ({ settings, device, machine }));

/**
 * @typedef {object} Task
 * @property {string} folder where the run folder shall be; replaced if it is there
 * @property {number} seed
 * @property {readonly string[]} settings as for `--set`
 * @property {boolean} hardware whether WebGPU computes on the adapter of the machine and not on SwiftShader
 */

/**
 * By name; each ends when the run folder is complete.
 * @type {Readonly<Record<string, (task: Task) => Promise<void>>>}
 */
export const environments = {
  onnx: (task) => trainInNode(task, ['backend.provider=cpu'], {}),
  node: (task) => trainInNode(task, ['backend.type=webgpu'], task.hardware ? {} : softwareAdapter().env),
  page: trainOnPage,
};

function softwareAdapter() {
  const found = findSoftwareAdapter();
  if ('reason' in found) throw new Error(found.reason);
  return found;
}

/** @param {Task} task @param {readonly string[]} backend @param {Readonly<Record<string, string>>} env */
async function trainInNode({ folder, seed, settings }, backend, env) {
  rmSync(folder, { recursive: true, force: true });
  const args = [
    '--preset',
    'orz-tiny',
    '--seed',
    `${seed}`,
    '--run-dir',
    folder,
    ...[...settings, ...backend].flatMap((setting) => ['--set', setting]),
  ];
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
    output += text;
    process.stdout.write(text);
  });
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  if (code !== 0) throw new Error(`orz-train ${args.join(' ')} failed`);
  writeFileSync(join(folder, originFile), originOf(settings, /^\S+ device: (.+)$/m.exec(output)?.[1] ?? 'unknown'));
}

/** @param {Task} task */
async function trainOnPage(task) {
  const found = findBrowser();
  if ('reason' in found) throw new Error(found.reason);
  const server = await startBrowserPage({ host: '127.0.0.1', port: 0 });
  const browser = await launchBrowser(found, {
    args: task.hardware ? ['--enable-unsafe-webgpu'] : [...softwareGpuFlags],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
    await page.goto(server.url);
    await startOnPage(page, task);
    await page.waitForSelector('[data-state=finished], [data-state=failed]', { timeout: 7_200_000 });
    const failure = await page.locator('.failure').allTextContents();
    if (failure.length > 0) throw new Error(failure.join('\n'));
    await page.waitForTimeout(3000); // The curves ask every two seconds.
    await saveRun(page, task);
  } finally {
    await browser.close();
    await server.close();
  }
}

/** @param {import('playwright-core').Page} page @param {Task} task */
async function startOnPage(page, { seed, settings }) {
  await page.getByLabel('Seed').fill(`${seed}`);
  await page.getByText('More settings').click();
  await page.fill('textarea', settings.join('\n'));
  await page.waitForTimeout(1000); // What was typed is checked first.
  await page.getByRole('button', { name: 'Start training' }).click();
}

/**
 * What the visitor downloads, unpacked, with a picture of the page.
 * @param {import('playwright-core').Page} page
 * @param {Task} task
 */
async function saveRun(page, { folder, settings }) {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download run' }).click(),
  ]);
  const device = await page.locator('.status-head .device').textContent();
  const files = new Map(
    [...readTar(readFileSync(await download.path()))].map(([path, content]) => [
      path.slice(path.indexOf('/') + 1),
      content,
    ]),
  );
  files
    .set(pictureFile, indexColors(await page.screenshot({ fullPage: true })))
    .set(originFile, Buffer.from(originOf(settings, device ?? 'unknown')));
  const unfinished = `${folder}.part`;
  for (const [path, content] of files) {
    mkdirSync(dirname(join(unfinished, path)), { recursive: true });
    writeFileSync(join(unfinished, path), content);
  }
  rmSync(folder, { recursive: true, force: true });
  renameSync(unfinished, folder);
}

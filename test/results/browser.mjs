/**
 * `npm run results:browser`: trains a reduced orz-tiny on the page in a headless Chromium, whose WebGPU is computed by SwiftShader, and
 * the same on ONNX in this process. Prints both and writes the picture of docs/browser.md.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createJiti } from 'jiti';
import { startBrowserPage } from '../../dist/cli/browser/serve.js';
import { gatherConfig } from '../../dist/cli/config/gather.js';
import { executeRun } from '../../dist/cli/run/execute.js';

/** Narrower, with shorter sums and a base model after a quarter of the steps: what a software adapter ends in some minutes. */
const settings = [
  'seed=3', 'model.hiddenSize=48', 'model.intermediateSize=96', 'model.tokensPerStep=1024', 'model.steps=500', 'model.selfCheckShare=0.5', 'model.badFormatShare=0.2',
  'data.minTerms=2', 'data.maxTerms=3', 'model.minTerms=2', 'model.maxTerms=3', 'iterations=20', 'rolloutBatchSize=16', 'samplesPerPrompt=16', 'criticUpdateSteps=6',
  'evaluation.problems=92', 'evaluation.every=5', 'checkpoint.every=100', 'policyWarmupSteps=2', 'criticWarmupSteps=6', 'policyLearningRate=7e-4',
];
const picture = fileURLToPath(new URL('../../docs/images/browser.png', import.meta.url));

/** @typedef {{ findBrowser: typeof import('../support/browser.js').findBrowser, launchBrowser: typeof import('../support/browser.js').launchBrowser, softwareGpuFlags: readonly string[] }} Support */
const { findBrowser, launchBrowser, softwareGpuFlags } = /** @type {Support} */ (await createJiti(import.meta.url).import('../support/browser.ts'));

/** @typedef {{ seconds: number, rewards: number[] }} Outcome */

/** @returns {Promise<Outcome>} */
async function onThePage() {
  const found = findBrowser();
  if ('reason' in found) throw new Error(found.reason);
  const server = await startBrowserPage({ host: '127.0.0.1', port: 0 });
  const browser = await launchBrowser(found, { args: [...softwareGpuFlags] });
  try {
    const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
    await page.goto(server.url);
    await page.getByText('More settings').click();
    await page.fill('textarea', settings.join('\n'));
    await page.waitForSelector('.plan');
    await page.waitForTimeout(500);
    const began = performance.now();
    await page.getByRole('button', { name: 'Start training' }).click();
    await page.waitForSelector('[data-state=finished], [data-state=failed]', { timeout: 3_600_000 });
    const seconds = (performance.now() - began) / 1000;
    await page.waitForTimeout(3000); // The curves ask every two seconds.
    await page.screenshot({ path: picture, fullPage: true });
    const rewards = (await page.locator('.before-after .figure').first().textContent()) ?? '';
    return { seconds, rewards: [...rewards.matchAll(/\d+(?:\.\d+)?/g)].map(Number) };
  } finally {
    await browser.close();
    await server.close();
  }
}

/** @returns {Promise<Outcome>} */
async function onOnnx() {
  const folder = mkdtempSync(join(tmpdir(), 'orz-browser-'));
  const idle = () => undefined;
  try {
    const { layers, plugins } = await gatherConfig({ set: [...settings, 'backend.provider=cpu'] }, folder);
    const began = performance.now();
    const { before, after } = await executeRun({ layers, plugins, runDir: join(folder, 'run'), uniqueRunDir: false }, {
      events: { phase: () => ({ progress: idle, end: idle }), log: idle }, signal: new AbortController().signal, onStarted: idle, onMetrics: idle,
    });
    return { seconds: (performance.now() - began) / 1000, rewards: [before, after].map((each) => each['held-out']?.reward ?? NaN) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

for (const [name, run] of /** @type {const} */ ([['ONNX, CPU', onOnnx], ['WebGPU, SwiftShader, headless Chromium', onThePage]])) {
  const { seconds, rewards } = await run();
  console.log(`${name}: reward on held-out problems ${rewards.join(' -> ')}, ${seconds.toFixed(0)} s`);
}

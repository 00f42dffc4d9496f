import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowserPage } from '../../../cli/browser/serve.js';
import type { WebServer } from '../../../cli/dashboard/web-server.js';
import type { Metrics } from '../../../core/contracts/metric-sink.js';
import { emptyFolder, runIn } from '../../end-to-end/run-in-folder.js';
import { findBrowser, launchBrowser, openPage, softwareGpuFlags } from '../../support/browser.js';
import { runCli } from '../commands/run-cli.js';
import { readTar } from './read-tar.js';
import { smallLines, smallSettings } from './test-service.js';

const found = findBrowser();
if ('reason' in found) console.error(`skipped: ${found.reason}`);

/** What the two backends may differ by, relative to the size of the number: rounding of single precision. */
const tolerance = 1e-3;

const folder = emptyFolder();
let served: WebServer;
let expected: readonly Metrics[];
beforeAll(async () => {
  served = await startBrowserPage({ host: '127.0.0.1', port: 0 });
  expected = (await runIn(folder, 'node', { backend: 'reference', metrics: ['jsonl'], ...smallSettings })).metrics;
});
afterAll(async () => {
  await served.close();
  rmSync(folder, { recursive: true });
});

describe.skipIf('reason' in found).each([
  ['a browser without WebGPU', [], 'reference'],
  ['a browser with WebGPU', softwareGpuFlags, 'webgpu'],
] as const)('%s', (_, flags, backend) => {
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  beforeAll(async () => {
    if ('reason' in found) return;
    browser = await launchBrowser(found, { args: [...flags] });
    page = await openPage(browser, { viewport: { width: 1280, height: 900 } });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(served.url) && !/^(blob|data):/.test(request.url())) complaints.push(request.url());
    });
    await page.goto(served.url);
    await page.waitForSelector('form.setup');
  });
  afterAll(() => browser?.close());

  const start = () => page.getByRole('button', { name: 'Start training' });

  it.runIf(backend === 'reference')(
    'says what is missing and what to do, and trains on the CPU only if asked to',
    async () => {
      expect(await page.textContent('#no-gpu')).toMatch(/no GPU to train on.*WebGPU.*flags/s);
      expect(await page.locator('input[name=backend]:checked').count()).toBe(0);
      expect(await start().isDisabled()).toBe(true);
      await page.getByRole('radio', { name: /plain TypeScript/ }).check();
      await expect.poll(() => start().isEnabled()).toBe(true);
    },
  );

  it.runIf(backend === 'webgpu')('names the GPU and offers it first', async () => {
    expect(await page.locator('#no-gpu').count()).toBe(0);
    expect(await page.getByRole('radio', { name: /swiftshader.*slow.*buffers up to/i }).isChecked()).toBe(true);
  });

  it('shows what is wrong with a setting, and what the run would need once it is right', async () => {
    await page.getByText('More settings').click();
    await page.fill('textarea', 'iteratons=3');
    await expect.poll(() => page.textContent('.failure')).toMatch(/ORZ_CONFIG_UNKNOWN_KEY.*Did you mean 'iterations'/);
    expect(await start().isDisabled()).toBe(true);
    await page.fill('textarea', smallLines.join('\n'));
    await expect.poll(() => page.textContent('.plan')).toContain('parameters');
    expect(await page.locator('.failure').count()).toBe(0);
  });

  it('trains to the numbers of the command line, pauses and goes on', async () => {
    await start().click();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.waitForSelector('[data-state=paused]');
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.waitForSelector('[data-state=finished], [data-state=failed]');
    expect(await page.locator('.failure').allTextContents()).toEqual([]);
    await page.waitForSelector('[aria-label="Curves"] canvas');
    expect(await page.locator('.samples .answer').count()).toBe(6);

    expect(await asksBeforeLeaving()).toBe(true);
    const files = await download('Download run');
    expect(await asksBeforeLeaving()).toBe(false);
    const metrics = new TextDecoder()
      .decode(files.get('orz-run/metrics.jsonl'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Metrics);
    expect(metrics).toHaveLength(expected.length);
    metrics.forEach((record, i) => {
      for (const [name, value] of Object.entries(expected[i]!))
        if (!costs.has(name)) expectClose(record[name], value, `${name} of iteration ${i + 1}`);
    });
  });

  it('gives the model as a folder that loads again in Node', async () => {
    for (const [path, content] of await download('Download model')) {
      const file = join(folder, backend, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
    const { code, stdout, stderr } = await runCli(
      [
        'generate',
        '3+4+5',
        '--model',
        join(folder, backend, 'orz-model'),
        '--backend',
        'reference',
        '--max-tokens',
        '4',
        '--json',
      ],
      folder,
    );
    expect(code, stderr).toBe(0);
    expect((JSON.parse(stdout) as { tokens: number[] }[])[0]!.tokens.length).toBeGreaterThan(0);
  });

  it('shows each response token by token, and fits a narrow screen', async () => {
    await page.getByRole('link', { name: 'Responses' }).click();
    await page.locator('td.response a').first().click();
    await page.waitForSelector('.tokens [role=option]');
    await page.setViewportSize({ width: 360, height: 740 });
    for (const view of ['#responses', '#curves', '#']) {
      await page.evaluate(`location.hash = ${JSON.stringify(view)}`);
      await expect
        .poll(() => page.evaluate('document.documentElement.scrollWidth'), { message: view })
        .toBeLessThanOrEqual(360);
    }
  });

  it('did nothing its policy forbids and asked no other address', () => {
    expect(complaints).toEqual([]);
  });

  const asksBeforeLeaving = (): Promise<unknown> =>
    page.evaluate(`!dispatchEvent(new Event('beforeunload', { cancelable: true }))`);

  async function download(button: string): Promise<Map<string, Uint8Array>> {
    const [event] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: button }).click(),
    ]);
    return readTar(readFileSync(await event.path()));
  }
});

/** What is measured rather than computed. */
const costs = new Set([
  'seconds',
  'phaseShare',
  'tokensPerSecond',
  'memoryBytes',
  'peakMemoryBytes',
  'warnings',
  'logprobGapMean',
  'logprobGapMax',
]);

function expectClose(actual: unknown, wanted: unknown, name: string): void {
  if (typeof wanted === 'number')
    expect(
      Math.abs((actual as number) - wanted),
      `${name}: ${String(actual)} instead of ${wanted}`,
    ).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(wanted)));
  else if (typeof wanted === 'object' && wanted !== null)
    for (const [key, value] of Object.entries(wanted))
      expectClose((actual as Readonly<Record<string, unknown>>)[key], value, `${name}/${key}`);
  else expect(actual, name).toEqual(wanted);
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { browserFolder, startBrowserPage } from '../../../cli/browser/serve.js';
import type { WebServer } from '../../../cli/dashboard/web-server.js';

let server: WebServer;
beforeAll(async () => {
  server = await startBrowserPage({ host: '127.0.0.1', port: 0 });
});
afterAll(() => server.close());

it.each([
  ['', 'text/html'],
  ['index.html', 'text/html'],
  ['page.js', 'text/javascript'],
  ['worker.js', 'text/javascript'],
  ['page.css', 'text/css'],
])('serves /%s as %s', async (path, type) => {
  const answer = await fetch(server.url + path);
  expect([
    answer.status,
    answer.headers.get('content-type')?.split(';')[0],
    answer.headers.get('x-content-type-options'),
  ]).toEqual([200, type, 'nosniff']);
  expect(await answer.text()).toBe(readFileSync(join(browserFolder, path || 'index.html'), 'utf8'));
});

it.each(['worker.js.map', '../package.json', '%2e%2e/package.json', 'page.js/', '.built'])(
  'does not serve /%s',
  async (path) => {
    expect((await fetch(server.url + path)).status).toBe(404);
  },
);

it('forbids all but its own scripts and styles, in the header and in the page, and never evaluates text', async () => {
  const answer = await fetch(server.url);
  const policy = answer.headers.get('content-security-policy')!;
  const stated = /http-equiv="Content-Security-Policy"\s+content="([^"]+)"/.exec(await answer.text())![1]!;
  expect(policy).toBe(`${stated}; frame-ancestors 'none'`);
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
});

it('refuses a page of another site, and what does not only read', async () => {
  expect((await fetch(`${server.url}worker.js`, { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403);
  expect((await fetch(server.url, { method: 'POST' })).status).toBe(405);
});

it('the whole page takes less than a megabyte and names no other address to load from', () => {
  const files = ['index.html', 'page.js', 'page.css', 'worker.js'].map((name) =>
    readFileSync(join(browserFolder, name)),
  );
  expect(files.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(1_000_000);
  for (const file of files.slice(0, 3))
    expect(file.toString().match(/(?:src|href|url|import)\s*[=(:]\s*["']?https?:[^"')\s]+/g) ?? []).toEqual([]);
});

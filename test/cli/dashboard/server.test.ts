import { request, type IncomingHttpHeaders } from 'node:http';
import { hostname } from 'node:os';
import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkRequest } from '../../../cli/dashboard/request-check.js';
import { openRun } from '../../../cli/dashboard/run-reader.js';
import { startDashboard, type Dashboard } from '../../../cli/dashboard/server.js';
import type { ShownEvaluation } from '../../../cli/dashboard/shared/evaluations.js';
import { readerOf } from '../../../cli/evaluate/report/html-report.js';
import { readEvaluation } from '../../../cli/evaluate/report/read-evaluation.js';
import { writeEvaluation } from '../../support/evaluations.js';
import { fakeRun, rollout } from './run-folders.js';

const assets = { script: '/* script */', style: '/* style */' };
let served: Dashboard;
let folder = '';

beforeEach(async () => {
  folder = fakeRun({ rollouts: { '000001.train.jsonl.gz': [rollout(0)] } });
  served = await startDashboard({ runs: [await openRun(folder)], assets, host: '127.0.0.1', port: 0 });
});
afterEach(() => served.close());

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** The path goes out as it is: `fetch` would tidy it. */
function ask(path: string, { method = 'GET', headers = {} } = {}): Promise<Answer> {
  const { hostname: host, port } = new URL(served.url);
  return new Promise((resolve, reject) => {
    const sent = request({ host, port, path, method, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .on('end', () => {
          resolve({ status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(chunks) });
        });
    });
    sent.on('error', reject).end();
  });
}

describe('the dashboard answers', () => {
  it('its page and what the page loads', async () => {
    expect((await ask('/')).body.toString()).toContain('<script src="/page.js">');
    expect((await ask('/page.js')).body.toString()).toBe(assets.script);
    expect((await ask('/page.css')).headers['content-type']).toMatch(/^text\/css/);
  });

  it('runs, metrics from a byte on, and responses, compressed as they are', async () => {
    expect(JSON.parse((await ask('/api/runs')).body.toString())).toMatchObject([{ folder, iterations: 5 }]);
    const metrics = JSON.parse((await ask('/api/runs/0/metrics?from=0&seen=0')).body.toString());
    expect(metrics.records).toHaveLength(3);
    expect(JSON.parse((await ask(`/api/runs/0/metrics?from=${metrics.next}&seen=3`)).body.toString()).records).toEqual(
      [],
    );
    expect(JSON.parse((await ask('/api/runs/0/rollouts')).body.toString())).toMatchObject([
      { file: '000001.train.jsonl.gz', iteration: 1 },
    ]);
    const file = await ask('/api/runs/0/rollouts/000001.train.jsonl.gz');
    expect(file.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(file.body).toString().split('\n')).toHaveLength(3);
  });

  it('evaluations and their responses, by names that they have', async () => {
    await served.close();
    const stored = await readEvaluation(writeEvaluation());
    served = await startDashboard({ runs: [], evaluations: [readerOf(stored)], assets, host: '127.0.0.1', port: 0 });
    const [shown] = JSON.parse((await ask('/api/evaluations')).body.toString()) as ShownEvaluation[];
    expect(shown).toEqual({ name: stored.name, results: stored.results });
    const { body } = await ask('/api/evaluations/0/sums');
    expect(body.toString().trimEnd().split('\n')).toHaveLength(80);
    for (const path of ['/api/evaluations/1/sums', '/api/evaluations/0/others', '/api/evaluations/0/..%2Fresults'])
      expect((await ask(path)).status, path).toBe(404);
  });

  it('HEAD with the headers alone', async () => {
    const answer = await ask('/', { method: 'HEAD' });
    expect([answer.status, answer.body.length, Number(answer.headers['content-length'])]).toEqual([
      200,
      0,
      (await ask('/')).body.length,
    ]);
  });

  it('always with a policy that allows nothing from elsewhere, no guessing of types, and no copies', async () => {
    for (const path of ['/', '/api/runs', '/nowhere', '/page.js']) {
      const { headers } = await ask(path);
      expect(headers['content-security-policy'], path).toMatch(
        /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';.*frame-ancestors 'none'/,
      );
      expect(headers['content-security-policy']).not.toContain('unsafe');
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
      });
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
  });
});

describe('the dashboard refuses', () => {
  it.each([
    '/api/runs/0/rollouts/../../config.json',
    '/api/runs/0/rollouts/..%2Fconfig.json',
    '/api/runs/0/rollouts/..%2F..%2F..%2Fetc%2Fpasswd',
    '/api/runs/0/rollouts/%2e%2e%2fconfig.json',
    '/api/runs/0/rollouts/%',
    '/api/runs/0/rollouts/%00',
    '/../../etc/passwd',
    '/config.json',
    '/metrics.jsonl',
    '/rollouts/',
    '/api/',
    '/api/runs/1/metrics',
    '/api/runs/-1/metrics',
    '/api/runs/0/metrics/x',
    '/api/runs/0/config.json',
    '//evil.example/',
    `/${'a'.repeat(4000)}`,
    '/api/runs/00000000000/metrics',
  ])('%s: there is nothing', async (path) => {
    expect((await ask(path)).status).toBe(404);
  });

  it.each([
    'evil.example',
    'evil.example:80',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    'a b',
    '[::1',
    'user@localhost',
  ])('the Host "%s", as DNS rebinding would send', async (host) => {
    expect((await ask('/api/runs', { headers: { host } })).status).toBe(403);
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'])('%s', async (method) => {
    const answer = await ask('/api/runs', { method });
    expect([answer.status, answer.headers['allow']]).toEqual([405, 'GET, HEAD']);
  });

  it('what a page of another site asks for, but a link to the start page opens', async () => {
    const foreign = { 'sec-fetch-site': 'cross-site' };
    expect((await ask('/api/runs', { headers: foreign })).status).toBe(403);
    expect((await ask('/page.js', { headers: foreign })).status).toBe(403);
    expect((await ask('/', { headers: foreign })).status).toBe(200);
    expect((await ask('/api/runs', { headers: { origin: 'https://evil.example' } })).status).toBe(403);
    expect(
      (await ask('/api/runs', { headers: { origin: new URL(served.url).origin, 'sec-fetch-site': 'same-origin' } }))
        .status,
    ).toBe(200);
  });

  it('a port that is taken, with a remedy', async () => {
    const port = Number(new URL(served.url).port);
    await expect(startDashboard({ runs: [], assets, host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'ORZ_USAGE',
      details: { value: 'EADDRINUSE', origin: '--port' },
    });
  });
});

it('names and addresses of this machine are its own, also the one it was told to listen on', () => {
  const refusal = (host: string, bound = '0.0.0.0') =>
    checkRequest({ method: 'GET', host, origin: undefined, fetchSite: undefined }, '/api/runs', bound);
  for (const host of ['localhost', 'LOCALHOST:4680', '127.0.0.1:4680', '[::1]:4680', '192.168.1.5', hostname()])
    expect(refusal(host), host).toBeUndefined();
  expect(refusal('box.example', 'box.example')).toBeUndefined();
  expect(refusal('box.example')).toMatchObject({ status: 403 });
});

it('an error of a run is an answer with its code, and the server lives on', async () => {
  rmSync(join(folder, 'metrics.jsonl'));
  symlinkSync('/elsewhere', join(folder, 'metrics.jsonl'));
  const answer = await ask('/api/runs/0/metrics');
  expect([answer.status, answer.body.toString()]).toEqual([500, expect.stringMatching(/^ORZ_STORAGE /)]);
  expect((await ask('/api/runs')).status).toBe(200);
});

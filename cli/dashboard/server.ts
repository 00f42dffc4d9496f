import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OrzError, isOrzError } from '../../core/errors.js';
import type { PageAssets } from './assets.js';
import { refusalOf } from './guard.js';
import { serverPage, serverPolicy } from './html.js';
import type { RunReader } from './run-reader.js';

export interface DashboardOptions {
  readonly runs: readonly RunReader[];
  readonly assets: PageAssets;
  /** Address or name to listen on. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
}

export interface Dashboard {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the pages and what they ask for. Throws ORZ_USAGE if the address cannot be listened on. */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const server = createServer({ requestTimeout: 30_000, maxHeaderSize: 16_384 }, (request, response) => { void answer(request, response, options); });
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${port}/`,
    close: () => new Promise((resolve) => { server.close(() => { resolve(); }); server.closeAllConnections(); }),
  };
}

function listen(server: Server, { host, port }: DashboardOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(new OrzError('ORZ_USAGE', `Cannot listen on ${host}, port ${port}: ${cause.message}`, {
        value: cause.code, origin: cause.code === 'EADDRINUSE' ? '--port' : '--host', cause, remedy: 'Choose another --port, or an address of this machine as --host.',
      }));
    });
    server.listen(port, host, () => { resolve(); });
  });
}

interface Answer { readonly status: number; readonly type: string; readonly body: string | Uint8Array; readonly headers?: Readonly<Record<string, string>> }

/** Every answer carries these: no guessing of types, no embedding, no trace of the address elsewhere, no stale copies. */
const commonHeaders = {
  'content-security-policy': `${serverPolicy}; frame-ancestors 'none'`, 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin', 'cross-origin-opener-policy': 'same-origin', 'cache-control': 'no-store',
} as const;

async function answer(request: IncomingMessage, response: ServerResponse, options: DashboardOptions): Promise<void> {
  const { status, type, body, headers } = await answerTo(request, options).catch(failed);
  response.writeHead(status, { ...commonHeaders, ...headers, 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function answerTo({ method = '', url = '', headers }: IncomingMessage, options: DashboardOptions): Promise<Answer> {
  // Only the path and the query of a request count; a target that is no path is not found.
  const { pathname, searchParams } = new URL(url.startsWith('/') ? url : '/?', 'http://localhost');
  const refusal = refusalOf({ method, host: headers.host, origin: headers.origin, fetchSite: header(headers['sec-fetch-site']) }, pathname, options.host);
  if (refusal !== undefined) return { ...text(refusal.status, refusal.reason), ...(refusal.status === 405 && { headers: { allow: 'GET, HEAD' } }) };
  if (!url.startsWith('/') || url.startsWith('//')) return notFound;
  switch (pathname) {
    case '/': return { status: 200, type: 'text/html; charset=utf-8', body: serverPage() };
    case '/page.js': return { status: 200, type: 'text/javascript; charset=utf-8', body: options.assets.script };
    case '/page.css': return { status: 200, type: 'text/css; charset=utf-8', body: options.assets.style };
    case '/api/runs': return json(await Promise.all(options.runs.map((run) => run.info())));
    default: return answerAboutRun(pathname, searchParams, options.runs);
  }
}

const runPath = /^\/api\/runs\/(\d{1,6})\/(metrics|rollouts)(?:\/([\w.%-]{1,1024}))?$/;

/** Names in a path are compared with what the run has and never joined to a folder. */
async function answerAboutRun(path: string, query: URLSearchParams, runs: readonly RunReader[]): Promise<Answer> {
  const [, number, what, file] = runPath.exec(path) ?? [];
  const run = number === undefined ? undefined : runs[Number(number)];
  if (run === undefined || (what === 'metrics' && file !== undefined)) return notFound;
  if (what === 'metrics') return json(await run.metrics(countOf(query.get('from')), countOf(query.get('seen'))));
  if (file === undefined) return json(await run.rolloutFiles());
  const content = await run.rolloutContent(decode(file));
  return content === undefined ? notFound : { status: 200, type: 'application/x-ndjson; charset=utf-8', body: content, headers: { 'content-encoding': 'gzip' } };
}

const header = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);
const countOf = (value: string | null): number => (value !== null && /^\d{1,15}$/.test(value) ? Number(value) : 0);

/** A name that is no percent-encoding is no name of ours. */
function decode(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return '';
  }
}

const json = (value: unknown): Answer => ({ status: 200, type: 'application/json; charset=utf-8', body: JSON.stringify(value) });
const text = (status: number, reason: string): Answer => ({ status, type: 'text/plain; charset=utf-8', body: `${reason}\n` });
const notFound = text(404, 'there is nothing here');

/** The page shows the reason; paths of this machine are no secret to who may look at the run. */
function failed(error: unknown): Answer {
  return text(500, isOrzError(error) ? `${error.code} ${error.message}` : 'the dashboard failed; its terminal says how');
}

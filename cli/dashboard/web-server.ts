import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isOrzError } from '../../core/errors.js';
import { cannotListen } from './errors.js';
import { checkRequest, readMethods } from './request-check.js';

export interface WebServerOptions {
  /** Address or name to listen on. */
  readonly host: string;
  /** 0 means any free port. */
  readonly port: number;
  /** The content security policy of the pages. */
  readonly policy: string;
  /** The methods that are answered; GET and HEAD if absent. */
  readonly methods?: readonly string[];
  /** Limits of the connections, where they differ from those for pages. */
  readonly connections?: ServerOptions;
}

export interface WebServer {
  readonly url: string;
  close(): Promise<void>;
}

/** The answer to a request. */
export interface HttpAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `request` is there for its method, headers and body; the path and the query need none of them. */
export type RequestHandler = (
  path: string,
  query: URLSearchParams,
  request: IncomingMessage,
) => Promise<HttpAnswer> | HttpAnswer;

/** Answers requests with `handle`, unless they must be refused. Throws ORZ_USAGE if it cannot listen on the address. */
export async function startWebServer(options: WebServerOptions, handle: RequestHandler): Promise<WebServer> {
  const limits = { requestTimeout: 30_000, maxHeaderSize: 16_384, ...options.connections };
  const server = createServer(limits, (request, response) => {
    void respond(request, response, options, handle);
  });
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, { host, port }: WebServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(cannotListen(host, port, cause));
    });
    server.listen(port, host, () => {
      resolve();
    });
  });
}

/** On every answer: no guessing of types, no use by other sites, no referrer, no caching. */
const commonHeaders = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  options: WebServerOptions,
  handle: RequestHandler,
): Promise<void> {
  const { status, type, body, headers } = await answerTo(request, options, handle).catch(failed);
  response.writeHead(status, {
    ...commonHeaders,
    'content-security-policy': `${options.policy}; frame-ancestors 'none'`,
    ...headers,
    'content-type': type,
    'content-length': Buffer.byteLength(body),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function answerTo(
  request: IncomingMessage,
  { host, methods = readMethods }: WebServerOptions,
  handle: RequestHandler,
): Promise<HttpAnswer> {
  const { method = '', url = '', headers } = request;
  // Only the path and the query of a request count; any other target is not found.
  const { pathname, searchParams } = new URL(url.startsWith('/') ? url : '/?', 'http://localhost');
  const fetchSite = header(headers['sec-fetch-site']);
  const refusal = checkRequest(
    { method, host: headers.host, origin: headers.origin, fetchSite, methods },
    pathname,
    host,
  );
  if (refusal !== undefined)
    return {
      ...text(refusal.status, refusal.reason),
      ...(refusal.status === 405 && { headers: { allow: methods.join(', ') } }),
    };
  if (!url.startsWith('/') || url.startsWith('//')) return notFound;
  return handle(pathname, searchParams, request);
}

const header = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

const text = (status: number, reason: string): HttpAnswer => ({
  status,
  type: 'text/plain; charset=utf-8',
  body: `${reason}\n`,
});

export const notFound: HttpAnswer = text(404, 'Not found');

/** The page shows the reason; paths of this machine are no secret to anyone who may look at the run. */
function failed(error: unknown): HttpAnswer {
  return text(500, isOrzError(error) ? `${error.code} ${error.message}` : 'The server failed');
}

import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OrzError, isOrzError } from '../../core/errors.js';
import { refusalOf } from './guard.js';

export interface WebServerOptions {
  /** Address or name to listen on. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** What pages may do: a content security policy. */
  readonly policy: string;
  /** Methods that are answered; reading only if absent. */
  readonly methods?: readonly string[];
  /** Limits of the connections, where they differ from those for pages. */
  readonly connections?: ServerOptions;
}

export interface WebServer {
  readonly url: string;
  close(): Promise<void>;
}

/** What a request gets. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The request comes along for its method, headers and body; what a path and a query say needs none of them. */
export type AnswerTo = (path: string, query: URLSearchParams, request: IncomingMessage) => Promise<Answer> | Answer;

/** Serves what `answerTo` gives for a path, to requests that may be answered. Throws ORZ_USAGE if the address cannot be listened on. */
export async function startWebServer(options: WebServerOptions, answerTo: AnswerTo): Promise<WebServer> {
  const limits = { requestTimeout: 30_000, maxHeaderSize: 16_384, ...options.connections };
  const server = createServer(limits, (request, response) => {
    void answer(request, response, options, answerTo);
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
      reject(
        new OrzError('ORZ_USAGE', `Cannot listen on ${host}, port ${port}: ${cause.message}`, {
          value: cause.code,
          origin: cause.code === 'EADDRINUSE' ? '--port' : '--host',
          cause,
          remedy: 'Choose another --port, or an address of this machine as --host.',
        }),
      );
    });
    server.listen(port, host, () => {
      resolve();
    });
  });
}

/** Every answer carries these: no guessing of types, no embedding, no trace of the address elsewhere, no stale copies. */
const commonHeaders = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: WebServerOptions,
  answerTo: AnswerTo,
): Promise<void> {
  const { status, type, body, headers } = await checked(request, options, answerTo).catch(failed);
  response.writeHead(status, {
    ...commonHeaders,
    'content-security-policy': `${options.policy}; frame-ancestors 'none'`,
    ...headers,
    'content-type': type,
    'content-length': Buffer.byteLength(body),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function checked(request: IncomingMessage, options: WebServerOptions, answerTo: AnswerTo): Promise<Answer> {
  const { method = '', url = '', headers } = request;
  const { methods } = options;
  // Only the path and the query of a request count; a target that is no path is not found.
  const { pathname, searchParams } = new URL(url.startsWith('/') ? url : '/?', 'http://localhost');
  const refusal = refusalOf(
    {
      method,
      host: headers.host,
      origin: headers.origin,
      fetchSite: header(headers['sec-fetch-site']),
      ...(methods !== undefined && { methods }),
    },
    pathname,
    options.host,
  );
  if (refusal !== undefined)
    return {
      ...text(refusal.status, refusal.reason),
      ...(refusal.status === 405 && { headers: { allow: (methods ?? ['GET', 'HEAD']).join(', ') } }),
    };
  if (!url.startsWith('/') || url.startsWith('//')) return notFound;
  return answerTo(pathname, searchParams, request);
}

const header = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

const text = (status: number, reason: string): Answer => ({
  status,
  type: 'text/plain; charset=utf-8',
  body: `${reason}\n`,
});

export const notFound: Answer = text(404, 'there is nothing here');

/** The page shows the reason; paths of this machine are no secret to who may look at the run. */
function failed(error: unknown): Answer {
  return text(500, isOrzError(error) ? `${error.code} ${error.message}` : 'the server failed; its terminal says how');
}

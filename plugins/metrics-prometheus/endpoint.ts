import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isLoopback, keyVariable, refusalOf, shortestKey } from './access.js';
import { cannotListen, keyNeeded } from './errors.js';
import { contentType } from './exposition.js';
import type { PrometheusSettings } from './settings.js';

export interface Endpoint {
  readonly url: string;
  close(): Promise<void>;
}

/** Connections that are open at the same time at most, and limits of a request, in ms and bytes. */
const maxConnections = 64;
const limits = { requestTimeout: 10_000, headersTimeout: 10_000, maxHeaderSize: 16_384 };

/**
 * Answers `/metrics` with `text`. Throws ORZ_USAGE if it cannot listen on the address, or must not for want of a key.
 */
export async function openEndpoint(
  { host, port }: PrometheusSettings,
  environment: Readonly<Record<string, string | undefined>>,
  text: () => string,
): Promise<Endpoint> {
  const key = environment[keyVariable] === '' ? undefined : environment[keyVariable];
  if (!isLoopback(host) && (key === undefined || key.length < shortestKey)) throw keyNeeded(host, key !== undefined);
  const server = createServer(limits, (request, response) => {
    respond(request, response, { host, key, text });
  });
  server.maxConnections = maxConnections;
  await listen(server, host, port);
  server.unref();
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

const listen = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(cannotListen(host, port, cause));
    });
    server.listen(port, host, () => {
      resolve();
    });
  });

interface Answering {
  readonly host: string;
  readonly key: string | undefined;
  readonly text: () => string;
}

function respond(request: IncomingMessage, response: ServerResponse, { host, key, text }: Answering): void {
  const { method = '', url = '', headers } = request;
  const site: string | readonly string[] | undefined = headers['sec-fetch-site'];
  const refusal = refusalOf(
    {
      method,
      path: url.replace(/\?.*$/s, ''),
      host: headers.host,
      origin: headers.origin,
      fetchSite: typeof site === 'object' ? site[0] : site,
      authorization: headers.authorization,
    },
    host,
    key,
  );
  const body = refusal === undefined ? text() : `${refusal.reason}\n`;
  response.writeHead(refusal?.status ?? 200, {
    'content-type': refusal === undefined ? contentType : 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    ...(refusal?.status === 401 && { 'www-authenticate': 'Bearer' }),
    ...(refusal?.status === 405 && { allow: 'GET, HEAD' }),
  });
  response.end(method === 'HEAD' ? undefined : body);
}

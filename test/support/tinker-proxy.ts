import { createServer, request as send, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRandom } from '../../core/random.js';

/** What a proxy may do wrong with one request. */
export type Fault =
  /** The server never hears of it; the connection is reset. */
  | { readonly kind: 'reset' }
  /** The server does it, and the connection is reset in place of the reply. */
  | { readonly kind: 'drop-reply' }
  /** The server does it, and half of the reply comes. */
  | { readonly kind: 'cut' }
  /** The server does it twice, and one of the replies comes. */
  | { readonly kind: 'repeat'; readonly reply: 'first' | 'second' }
  /** Another answer; `after` the server did it, or without it. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly after: boolean;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'delay'; readonly ms: number };

export interface ProxiedRequest {
  /** Below `/api/v1/`. */
  readonly path: string;
  readonly method: string;
  /** How many came before it, in all and of this path. */
  readonly index: number;
  readonly indexOfPath: number;
}

export interface FaultyProxyOptions {
  /** Address of the server. */
  readonly target: string;
  /** Decides on the fault of each request; undefined for none. */
  readonly faults: (request: ProxiedRequest) => Fault | undefined;
}

export interface FaultyProxy {
  readonly url: string;
  /** Faults that were made, by kind. */
  readonly made: Readonly<Record<string, number>>;
  close(): Promise<void>;
}

/** A proxy before a server of the Tinker API that breaks its rules as real networks and proxies do. */
export async function startFaultyProxy({ target, faults }: FaultyProxyOptions): Promise<FaultyProxy> {
  const made: Record<string, number> = {};
  const counts = new Map<string, number>();
  let index = 0;
  const server = createServer((request, response) => {
    void (async () => {
      const body = await bodyOf(request);
      const path = /^\/api\/v1\/([^/?]*)/.exec(request.url ?? '')?.[1] ?? '';
      const indexOfPath = counts.get(path) ?? 0;
      counts.set(path, indexOfPath + 1);
      const fault = faults({ path, method: request.method ?? '', index: index++, indexOfPath });
      if (fault !== undefined) made[fault.kind] = (made[fault.kind] ?? 0) + 1;
      const forward = () => forwarded(target, request, body);
      try {
        const answer = await withFault(fault, forward);
        if (answer === 'reset') return void request.socket.destroy();
        const { status, headers, bytes, isCut } = answer;
        response.writeHead(status, { ...headers, 'content-length': bytes.length });
        if (!isCut) return void response.end(bytes);
        response.write(bytes.subarray(0, bytes.length >> 1), () => request.socket.destroy());
      } catch {
        // The server is gone: so is this connection.
        request.socket.destroy();
      }
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    made,
    close: () => closed(server),
  };
}

/** Faults of all kinds at random: a share of the requests, the same for the same seed and order of requests. */
export function randomFaults(seed: number, share: number): FaultyProxyOptions['faults'] {
  const kinds: readonly Fault[] = [
    { kind: 'reset' },
    { kind: 'drop-reply' },
    { kind: 'cut' },
    { kind: 'repeat', reply: 'first' },
    { kind: 'repeat', reply: 'second' },
    { kind: 'status', status: 500, after: true },
    { kind: 'status', status: 502, after: false },
    { kind: 'status', status: 429, after: false, headers: { 'retry-after': '0' } },
    { kind: 'delay', ms: 20 },
  ];
  const random = createRandom(seed).stream('faults');
  return ({ index, path }) => {
    if (path === 'session_heartbeat' || random.uniform(index, 0) >= share) return undefined;
    return kinds[Math.floor(random.uniform(index, 1) * kinds.length)];
  };
}

interface Forwarded {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly isCut: boolean;
}

async function withFault(fault: Fault | undefined, forward: () => Promise<Forwarded>): Promise<Forwarded | 'reset'> {
  switch (fault?.kind) {
    case undefined:
      return forward();
    case 'reset':
      return 'reset';
    case 'drop-reply':
      await forward();
      return 'reset';
    case 'cut':
      return { ...(await forward()), isCut: true };
    case 'repeat': {
      const replies = [await forward(), await forward()] as const;
      return replies[fault.reply === 'first' ? 0 : 1];
    }
    case 'status': {
      if (fault.after) await forward();
      const { status, headers = {} } = fault;
      return { status, headers, bytes: Buffer.from('<html>a page of the proxy</html>'), isCut: false };
    }
    case 'delay':
      await new Promise((resolve) => setTimeout(resolve, fault.ms));
      return forward();
  }
}

function forwarded(target: string, { method, url, headers }: IncomingMessage, body: Buffer): Promise<Forwarded> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(target);
    const outgoing = send(
      { hostname, port, method, path: url, headers: { ...headers, host: `${hostname}:${port}` } },
      (answer) => {
        bodyOf(answer).then((bytes) => {
          const { 'transfer-encoding': _, ...rest } = answer.headers;
          resolve({ status: answer.statusCode ?? 502, headers: rest, bytes, isCut: false });
        }, reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

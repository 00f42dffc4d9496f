import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';

/**
 * A repository of the small hub: contents by path; those in `large` are served by another host, as on the real hub.
 */
export interface ServedRepository {
  readonly type: 'model' | 'dataset';
  readonly name: string;
  readonly files: Readonly<Record<string, string | Buffer>>;
  readonly large?: readonly string[];
  /** Token without which it is as if it did not exist. */
  readonly privateTo?: string;
  /** Everybody is refused until the licence is accepted. */
  readonly gated?: boolean;
}

/** One request as it arrived: `hub` or `files` is the host, with its headers. */
export interface SeenRequest {
  readonly host: 'hub' | 'files';
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

/** Answers instead of the server when it returns true. */
export type Misbehaviour = (seen: SeenRequest, response: ServerResponse, content: Buffer | undefined) => boolean;

export interface HubServer {
  readonly endpoint: string;
  readonly requests: SeenRequest[];
  misbehave: Misbehaviour;
}

export const commitOf = (repository: ServedRepository): string =>
  createHash('sha1').update(repository.name).digest('hex');
export const gitId = (content: Buffer): string =>
  createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
export const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

const running: Server[] = [];
afterEach(() => {
  for (const server of running.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A hub on loopback that speaks the routes used here, and beside it a host for large files. Both end with the test. */
export async function startHub(...repositories: ServedRepository[]): Promise<HubServer> {
  const requests: SeenRequest[] = [];
  const hub: { endpoint: string; requests: SeenRequest[]; misbehave: Misbehaviour } = {
    endpoint: '',
    requests,
    misbehave: () => false,
  };
  const listen = (
    host: SeenRequest['host'],
    answer: (path: string, request: IncomingMessage, response: ServerResponse) => void,
  ): Promise<string> =>
    new Promise((resolve) => {
      const server = createServer((request, response) => {
        const seen = { host, path: request.url!, headers: request.headers };
        requests.push(seen);
        if (!hub.misbehave(seen, response, contentAt(repositories, new URL(request.url!, 'http://any').pathname)))
          answer(request.url!, request, response);
      });
      running.push(server);
      server.listen(0, '127.0.0.1', () => {
        resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      });
    });
  const files = await listen('files', (path, request, response) => {
    sendFile(contentAt(repositories, path)!, request, response);
  });
  hub.endpoint = await listen('hub', (path, request, response) => {
    route({ repositories, files }, new URL(path, 'http://any'), request, response);
  });
  return hub;
}

function route(
  { repositories, files }: { readonly repositories: readonly ServedRepository[]; readonly files: string },
  { pathname, searchParams }: URL,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const repository = repositoryAt(repositories, pathname);
  if (
    repository === undefined ||
    (repository.privateTo !== undefined && request.headers.authorization !== `Bearer ${repository.privateTo}`)
  )
    return refuse(response, request.headers.authorization === undefined ? 401 : 404, 'RepoNotFound');
  const commit = commitOf(repository);
  const [, kind, revision, rest] = /\/(revision|tree|resolve)\/([^/]+)\/?(.*)$/.exec(pathname)!;
  if (![commit, 'main', 'refs%2Fpr%2F1'].includes(revision!)) return refuse(response, 404, 'RevisionNotFound');
  if (kind === 'revision')
    return sendJson(response, {
      _id: 'id',
      id: repository.name,
      sha: commit,
      lastModified: '2026-01-01T00:00:00.000Z',
    });
  if (repository.gated === true && kind === 'resolve') return refuse(response, 403, 'GatedRepo');
  if (kind === 'tree') return sendPage(repository, Number(searchParams.get('cursor') ?? 0), request, response);
  const content = contentAt(repositories, pathname);
  if (content === undefined) return refuse(response, 404, 'EntryNotFound');
  response.setHeader('x-repo-commit', commit);
  if (repository.large?.includes(rest!) !== true) return sendFile(content, request, response);
  response
    .writeHead(302, {
      location: `${files}${pathname}`,
      'x-linked-etag': `"${sha256(content)}"`,
      'x-linked-size': content.length,
    })
    .end();
}

export function refuse(
  response: ServerResponse,
  status: number,
  code: string,
  headers: Record<string, string> = {},
): void {
  response
    .writeHead(status, { 'x-error-code': code, 'x-error-message': `${code} it is`, ...headers })
    .end('{"error":"no"}');
}

export function sendJson(response: ServerResponse, value: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
}

/** Two entries a page, so that following the pages is tested as well. */
function sendPage(
  repository: ServedRepository,
  from: number,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const entries = Object.entries(repository.files).map(([path, text]) => {
    const content = Buffer.from(text);
    const lfs =
      repository.large?.includes(path) === true
        ? { lfs: { oid: sha256(content), size: content.length, pointerSize: 130 } }
        : {};
    return { type: 'file', path, size: content.length, oid: gitId(content), ...lfs };
  });
  const next =
    from + 2 < entries.length
      ? {
          link: `<http://${request.headers.host!}${request.url!.split('?')[0]!}?recursive=true&cursor=${from + 2}>; rel="next"`,
        }
      : undefined;
  sendJson(response, entries.slice(from, from + 2), next);
}

export function sendFile(content: Buffer, request: Pick<IncomingMessage, 'headers'>, response: ServerResponse): void {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const range = from > 0 ? { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` } : {};
  response
    .writeHead(from > 0 ? 206 : 200, { 'content-length': content.length - from, etag: `"${gitId(content)}"`, ...range })
    .end(content.subarray(from));
}

const prefixOf = ({ type, name }: ServedRepository): string => (type === 'model' ? `/${name}/` : `/datasets/${name}/`);

function repositoryAt(repositories: readonly ServedRepository[], path: string): ServedRepository | undefined {
  return repositories.find(
    (each) => path.startsWith(prefixOf(each)) || path.startsWith(`/api/${each.type}s/${each.name}/`),
  );
}

function contentAt(repositories: readonly ServedRepository[], path: string): Buffer | undefined {
  const repository = repositoryAt(repositories, path);
  const file =
    repository === undefined
      ? undefined
      : repository.files[decodeURIComponent(path.slice(prefixOf(repository).length).replace(/^resolve\/[^/]+\//, ''))];
  return file === undefined ? undefined : Buffer.from(file);
}

import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** A stand-in for the API of W&B: takes what `wandb sync` uploads and keeps it. */
export interface WandbServer {
  readonly url: string;
  /** Variables of each mutation that creates or changes a run. */
  readonly runs: Record<string, unknown>[];
  /** Lines of the history and of the summary, in order. */
  readonly history: Record<string, unknown>[];
  readonly summaries: Record<string, unknown>[];
  /** Content of uploaded files by name. */
  readonly uploads: Record<string, string>;
  /** What was said at the end of a stream. */
  readonly ends: { readonly complete?: boolean; readonly exitcode?: number }[];
  close(): void;
}

interface FileStream {
  readonly files?: Readonly<Record<string, { readonly content: readonly string[] }>>;
  readonly complete?: boolean;
  readonly exitcode?: number;
}

export async function startWandbServer(): Promise<WandbServer> {
  const kept = { runs: [], history: [], summaries: [], ends: [], uploads: {} } as Omit<WandbServer, 'url' | 'close'>;
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(answer(request.url ?? '', body, kept, urlOf(server))));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    ...kept,
    url: urlOf(server),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const urlOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function bodyOf(request: IncomingMessage): Promise<string> {
  const content = Buffer.concat((await request.toArray()) as Buffer[]);
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(content) : content).toString();
}

function answer(path: string, body: string, kept: Omit<WandbServer, 'url' | 'close'>, url: string): object {
  if (path.endsWith('/file_stream')) {
    keepStream(JSON.parse(body) as FileStream, kept);
    return {};
  }
  if (path.startsWith('/upload/')) kept.uploads[path.slice('/upload/'.length)] = body;
  if (path !== '/graphql') return {};
  const { query, variables } = JSON.parse(body) as { query: string; variables: Record<string, unknown> };
  if (query.includes('upsertBucket')) {
    kept.runs.push(variables);
    return { data: { upsertBucket: { bucket: bucketOf(variables), inserted: true } } };
  }
  if (query.includes('createRunFiles')) {
    const files = (variables['files'] as string[]).map((name) => ({ name, uploadUrl: `${url}/upload/${name}` }));
    return { data: { createRunFiles: { runID: 'run', uploadHeaders: [], files } } };
  }
  return { data: { viewer: { id: 'user', entity: 'team', username: 'user', flags: '{}', teams: { edges: [] } } } };
}

const bucketOf = ({ name, displayName, project }: Record<string, unknown>): object => ({
  id: 'run',
  name,
  displayName,
  historyLineCount: 0,
  project: { id: 'project', name: project, entity: { id: 'team', name: 'team' } },
});

function keepStream({ files = {}, complete, exitcode }: FileStream, kept: Omit<WandbServer, 'url' | 'close'>): void {
  const linesOf = (file: string): Record<string, unknown>[] =>
    (files[file]?.content ?? []).map((line) => JSON.parse(line) as Record<string, unknown>);
  kept.history.push(...linesOf('wandb-history.jsonl'));
  kept.summaries.push(...linesOf('wandb-summary.json'));
  if (complete !== undefined) kept.ends.push({ complete, ...(exitcode !== undefined && { exitcode }) });
}

import type { PageAssets } from './assets.js';
import { describeRuns } from './differences.js';
import { serverPage, serverPolicy } from './html.js';
import type { RunReader } from './run-reader.js';
import type { EvaluationReader } from './shared/evaluations.js';
import { notFound, startWebServer, type HttpAnswer, type WebServer } from './web-server.js';

export interface DashboardOptions {
  readonly runs: readonly RunReader[];
  readonly evaluations?: readonly EvaluationReader[];
  readonly assets: PageAssets;
  /** Address or name to listen on. */
  readonly host: string;
  /** 0 means any free port. */
  readonly port: number;
}

/** A running dashboard. */
export type Dashboard = WebServer;

/** Serves the pages and their data. Throws ORZ_USAGE if it cannot listen on the address. */
export function startDashboard({ runs, evaluations = [], assets, host, port }: DashboardOptions): Promise<WebServer> {
  return startWebServer({ host, port, policy: serverPolicy }, async (path, query) => {
    switch (path) {
      case '/':
        return { status: 200, type: 'text/html; charset=utf-8', body: serverPage() };
      case '/page.js':
        return { status: 200, type: 'text/javascript; charset=utf-8', body: assets.script };
      case '/page.css':
        return { status: 200, type: 'text/css; charset=utf-8', body: assets.style };
      case '/api/runs':
        return json(await describeRuns(runs));
      case '/api/evaluations':
        return json(evaluations.map(({ name, results }) => ({ name, results })));
      default:
        return (await answerAboutEvaluation(path, evaluations)) ?? answerAboutRun(path, query, runs);
    }
  });
}

const evaluationPath = /^\/api\/evaluations\/(\d{1,6})\/([\w.%-]{1,1024})$/;

/** Names of benchmarks are looked up among those of the evaluation; undefined where the path is not about one. */
async function answerAboutEvaluation(
  path: string,
  evaluations: readonly EvaluationReader[],
): Promise<HttpAnswer | undefined> {
  const [, number, name = ''] = evaluationPath.exec(path) ?? [];
  if (number === undefined) return undefined;
  const evaluation = evaluations[Number(number)];
  const benchmark = evaluation?.results.benchmarks.find((each) => each.name === decode(name));
  if (evaluation === undefined || benchmark === undefined) return notFound;
  const lines = await evaluation.responses(benchmark.name);
  return {
    status: 200,
    type: 'application/x-ndjson; charset=utf-8',
    body: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
  };
}

const runPath = /^\/api\/runs\/(\d{1,6})\/(metrics|rollouts)(?:\/([\w.%-]{1,1024}))?$/;

/** File names in a path are compared with those of the run, and never joined to a folder. */
async function answerAboutRun(path: string, query: URLSearchParams, runs: readonly RunReader[]): Promise<HttpAnswer> {
  const [, number, what, file] = runPath.exec(path) ?? [];
  const run = number === undefined ? undefined : runs[Number(number)];
  if (run === undefined || (what === 'metrics' && file !== undefined)) return notFound;
  if (what === 'metrics') return json(await run.metrics(countOf(query.get('from')), countOf(query.get('seen'))));
  if (file === undefined) return json(await run.rolloutFiles());
  const content = await run.rolloutContent(decode(file));
  if (content === undefined) return notFound;
  return {
    status: 200,
    type: 'application/x-ndjson; charset=utf-8',
    body: content,
    headers: { 'content-encoding': 'gzip' },
  };
}

const countOf = (value: string | null): number => (value !== null && /^\d{1,15}$/.test(value) ? Number(value) : 0);

/** A name with malformed percent-encoding is none of ours. */
function decode(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return '';
  }
}

const json = (value: unknown): HttpAnswer => ({
  status: 200,
  type: 'application/json; charset=utf-8',
  body: JSON.stringify(value),
});

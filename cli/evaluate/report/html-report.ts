import type { EvaluationComparison } from '../../../core/evaluation/compare.js';
import type { ResponseLine } from '../../../core/evaluation/results.js';
import type { PageAssets } from '../../dashboard/assets.js';
import { embedJson, reportPage } from '../../dashboard/html.js';
import {
  type EvaluationReader,
  type EvaluationReportData,
  groupedByQuestion,
} from '../../dashboard/shared/evaluations.js';
import { printable } from '../../terminal/format.js';
import type { StoredEvaluation } from './read-evaluation.js';
import { readResponses } from './read-responses.js';

/** Maximum bytes of JSON for all responses: a page of this size still opens at once. */
const responseBytes = 12_000_000;

interface ReportOptions {
  readonly evaluations: readonly StoredEvaluation[];
  readonly comparison: EvaluationComparison | undefined;
  readonly assets: PageAssets;
}

/** A page with evaluations and their responses embedded, which opens without a server or a network. */
export async function makeEvaluationReport(options: ReportOptions, bytes = responseBytes): Promise<string> {
  const { evaluations, comparison, assets } = options;
  const parts = evaluations.reduce((sum, { results }) => sum + results.benchmarks.length, 0);
  let [kept, all] = [0, 0];
  const shown: EvaluationReportData['evaluations'][number][] = [];
  for (const { name, results, folder } of evaluations) {
    const responses: Record<string, readonly ResponseLine[]> = {};
    for (const { name: benchmark, questions } of results.benchmarks) {
      const lines = folder === undefined ? [] : await readResponses(folder, benchmark);
      const chosen = withinBytes(lines, Math.floor(bytes / parts));
      responses[benchmark] = chosen;
      kept += chosen.length;
      all += questions.reduce((sum, { rewards }) => sum + rewards.length, 0);
    }
    shown.push({ name, results, responses });
  }
  const note =
    kept === all
      ? `All ${all} responses are here.`
      : `${kept} of ${all} responses are here, spread over the questions; all are in the folder of the evaluation.`;
  const data: EvaluationReportData = { evaluations: shown, note, ...(comparison && { comparison }) };
  const title = `${printable(evaluations.map(({ name }) => name).join(', '))} · orz-train evaluate`;
  return reportPage(title, { id: 'evaluations', data }, assets);
}

/** An evaluation as the dashboard shows it. */
export const readerOf = ({ name, results, folder }: StoredEvaluation): EvaluationReader => ({
  name,
  results,
  responses: async (benchmark) =>
    folder === undefined ? [] : withinBytes(await readResponses(folder, benchmark), responseBytes),
});

/**
 * Responses whose JSON takes at most `bytes`, in their order: of every question a right and a wrong one first, then the
 * others in order of sample. Where not even one of each question fits, questions are taken evenly.
 */
export function withinBytes(lines: readonly ResponseLine[], bytes: number): ResponseLine[] {
  const groups = [...groupedByQuestion(lines).values()].map(byInterest);
  const order = evenOrder(groups.length);
  const taken = new Set<ResponseLine>();
  let left = bytes;
  const rounds = groups.reduce((most, { length }) => Math.max(most, length), 0);
  for (let round = 0; round < rounds && left > 0; round++)
    for (const question of order) {
      const line = groups[question]?.[round];
      const size = line === undefined ? Infinity : Buffer.byteLength(embedJson(line)) + 1;
      if (line === undefined || size > left) continue;
      taken.add(line);
      left -= size;
    }
  return lines.filter((line) => taken.has(line));
}

function byInterest(lines: readonly ResponseLine[]): ResponseLine[] {
  const first = [1, 0].flatMap((reward) => lines.find((line) => (line.reward === 1 ? 1 : 0) === reward) ?? []);
  return [...new Set([...first, ...lines])];
}

/** 0 … count − 1 so that any beginning of it is spread evenly: numbers whose bits are reversed. */
function evenOrder(count: number): number[] {
  const bits = Math.max(1, Math.ceil(Math.log2(Math.max(1, count))));
  const reversed = (i: number): number =>
    Number.parseInt(i.toString(2).padStart(bits, '0').split('').reverse().join(''), 2);
  return Array.from({ length: 2 ** bits }, (_, i) => reversed(i)).filter((i) => i < count);
}

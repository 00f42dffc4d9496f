import { elementAt } from '../../../core/arrays.js';
import type { ResponseLine } from '../../../core/evaluation/results.js';
import type { EvaluationReportData, EvaluationSource, ShownEvaluation } from '../shared/evaluations.js';
import { parseLines } from '../shared/json-lines.js';
import { fetched } from './fetched.js';

/** The evaluations in a report. */
export function embeddedEvaluations(json: string): EvaluationSource {
  const { evaluations, comparison, note } = JSON.parse(json) as EvaluationReportData;
  return {
    note,
    ...(comparison !== undefined && { comparison }),
    evaluations: async () => evaluations,
    responses: async (evaluation, benchmark) => elementAt(evaluations, evaluation).responses[benchmark] ?? [],
  };
}

/** The evaluations that the server of the page has. */
export const servedEvaluations: EvaluationSource = {
  evaluations: async () => (await fetched('/api/evaluations')).json() as Promise<ShownEvaluation[]>,
  responses: async (evaluation, benchmark) => {
    const path = `/api/evaluations/${evaluation}/${encodeURIComponent(benchmark)}`;
    return parseLines<ResponseLine>(new Uint8Array(await (await fetched(path)).arrayBuffer())).records;
  },
};

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { elementAt } from '../../core/arrays.js';
import { compareEvaluations, type EvaluationComparison } from '../../core/evaluation/compare.js';
import { evaluationResultsSchema, type ResponseLine } from '../../core/evaluation/results.js';
import { loadAssets } from '../dashboard/assets.js';
import { asLatex, asMarkdown, asText, type Document } from '../evaluate/report/document.js';
import { cannotWriteOutput } from '../evaluate/report/errors.js';
import { makeEvaluationReport } from '../evaluate/report/html-report.js';
import { exportLmEval } from '../evaluate/report/lm-eval-export.js';
import type { ShowFlags } from '../evaluate/report/options.js';
import { readEvaluations, type StoredEvaluation } from '../evaluate/report/read-evaluation.js';
import { readResponses } from '../evaluate/report/read-responses.js';
import { comparisonDocument, evaluationDocument } from '../evaluate/report/tables.js';
import { exitCodes } from '../report-error.js';

/**
 * `orz-train evaluate` with --show, --compare or --schema: prints evaluations that are done, in any form, and writes
 * the files that were asked for. Returns the exit code.
 */
export async function showEvaluations(flags: ShowFlags): Promise<number> {
  if (flags.schema === true) {
    print(JSON.stringify(z.toJSONSchema(evaluationResultsSchema), null, 2));
    return exitCodes.ok;
  }
  const evaluations = await readEvaluations(flags.compare ?? flags.show ?? []);
  const comparison = flags.compare === undefined ? undefined : comparisonOf(evaluations);
  if (flags.report !== undefined) await writeReport(flags.report, evaluations, comparison);
  if (flags.lmEval !== undefined) await writeLmEval(flags.lmEval, elementAt(evaluations, 0));
  const document = comparison
    ? comparisonDocument(comparison)
    : evaluationDocument(evaluations, flags.published === true);
  print(inForm(flags, document, comparison ?? evaluations.map(({ name, results }) => ({ name, results }))));
  return exitCodes.ok;
}

const comparisonOf = (evaluations: readonly StoredEvaluation[]): EvaluationComparison =>
  compareEvaluations(elementAt(evaluations, 0), elementAt(evaluations, 1));

function inForm({ json, markdown, latex }: ShowFlags, document: Document, data: unknown): string {
  if (json === true) return JSON.stringify(data, null, 2);
  if (markdown === true) return asMarkdown(document);
  return latex === true ? asLatex(document) : asText(document, process.stdout.columns);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function writeReport(
  file: string,
  evaluations: readonly StoredEvaluation[],
  comparison: EvaluationComparison | undefined,
): Promise<void> {
  const page = await makeEvaluationReport({ evaluations, comparison, assets: await loadAssets() });
  await writeFile(file, page).catch((cause: unknown) => {
    throw cannotWriteOutput(file, '--report', cause);
  });
}

async function writeLmEval(target: string, { results, folder }: StoredEvaluation): Promise<void> {
  const responses = new Map<string, readonly ResponseLine[]>();
  for (const { name } of results.benchmarks)
    responses.set(name, folder === undefined ? [] : await readResponses(folder, name));
  try {
    await mkdir(target, { recursive: true });
    for (const { name, content } of exportLmEval(results, (benchmark) => responses.get(benchmark) ?? []))
      await writeFile(join(target, name), content);
  } catch (cause) {
    throw cannotWriteOutput(target, '--lm-eval', cause);
  }
}

import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type EvaluationResults, evaluationResultsSchema } from '../../../core/evaluation/results.js';
import { readFileRange } from '../../platform/regular-file.js';
import { isBenchmarkName } from '../benchmark-name.js';
import { malformedEvaluation, noBenchmarkName, noEvaluationIn } from './errors.js';
import { importLmEval, isLmEvalResults, newestLmEvalFile } from './lm-eval-import.js';
import type { LabelledEvaluation } from './tables.js';

/** An evaluation on disk. */
export interface StoredEvaluation extends LabelledEvaluation {
  /** Folder with `responses`; absent where the results came without, or from another tool. */
  readonly folder?: string;
}

/**
 * Opens an evaluation: a folder of `orz-train evaluate`, a results.json, or the results of lm-evaluation-harness.
 * Throws ORZ_DATA_MISSING where there is none, ORZ_DATA_MALFORMED for another form.
 */
export async function readEvaluation(path: string): Promise<StoredEvaluation> {
  const file = await resultsFileAt(path);
  const bytes = file === undefined ? undefined : await readFileRange(file);
  if (file === undefined || bytes === undefined) throw noEvaluationIn(path);
  const data = parsed(bytes, file);
  if (isLmEvalResults(data)) return { results: await importLmEval(data, file), name: nameOf(data.model_name, path) };
  const checked = evaluationResultsSchema.safeParse(data);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw malformedEvaluation(file, issue === undefined ? 'another form' : `${issue.path.join('.')}: ${issue.message}`);
  }
  for (const { name } of checked.data.benchmarks) if (!isBenchmarkName(name)) throw noBenchmarkName(file, name);
  return { results: checked.data, name: labelOf(checked.data), folder: dirname(file) };
}

/** Whether a folder holds an evaluation rather than a run. */
export const holdsEvaluation = async (path: string): Promise<boolean> =>
  (await stat(join(path, 'results.json')).catch(() => undefined)) !== undefined;

/** Several evaluations; models of the same name are told apart by where they came from. */
export async function readEvaluations(paths: readonly string[]): Promise<StoredEvaluation[]> {
  const read = await Promise.all(paths.map(readEvaluation));
  return read.map((evaluation, i) => {
    const isUnique = read.filter(({ name }) => name === evaluation.name).length === 1;
    return isUnique ? evaluation : { ...evaluation, name: `${evaluation.name} (${paths[i] ?? ''})` };
  });
}

async function resultsFileAt(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  if (!found.isDirectory()) return path;
  const own = join(path, 'results.json');
  if ((await stat(own).catch(() => undefined)) !== undefined) return own;
  return newestLmEvalFile(path);
}

function parsed(bytes: Uint8Array, file: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw malformedEvaluation(file, 'it is no JSON', cause);
  }
}

/** The last part of the model's name, and the iteration of a run's checkpoint. */
function labelOf({ model }: EvaluationResults): string {
  const name = nameOf(model.name, model.name);
  return model.iteration === undefined ? name : `${name}, iteration ${model.iteration}`;
}

const nameOf = (name: unknown, path: string): string => {
  const shown = typeof name === 'string' && name.trim() !== '' ? name : resolve(path);
  return shown.startsWith('/') || shown.startsWith('.') ? basename(shown) : shown;
};

import { OrzError } from '../../../core/errors.js';

export const noEvaluationIn = (path: string): OrzError =>
  new OrzError('ORZ_DATA_MISSING', `There is no evaluation in ${path}`, {
    value: path,
    allowed: 'a folder of orz-train evaluate, its results.json, or results of lm-evaluation-harness',
    remedy: 'Name the folder that orz-train evaluate printed.',
  });

/** A results file that is no JSON, or has another form. */
export const malformedEvaluation = (file: string, problem: string, cause?: unknown): OrzError =>
  new OrzError('ORZ_DATA_MALFORMED', `The file ${file} cannot be read as results: ${problem}`, {
    origin: file,
    remedy: 'Evaluate again, or correct the file; orz-train evaluate --schema prints its form.',
    ...(cause !== undefined && { cause }),
  });

export const noBenchmarkName = (file: string, name: string): OrzError =>
  malformedEvaluation(file, `${JSON.stringify(name)} is no name of a benchmark`);

/** Results of lm-evaluation-harness without its samples say nothing of single questions. */
export const samplesMissing = (file: string, task: string): OrzError =>
  new OrzError('ORZ_DATA_MISSING', `The results of ${task} lack the samples of its questions`, {
    value: task,
    allowed: `samples_${task}_*.jsonl beside the file`,
    origin: file,
    remedy: 'Let lm_eval log its samples into the folder of its results.',
  });

export const damagedResponses = (file: string, line: number, problem: string): OrzError =>
  new OrzError('ORZ_DATA_MALFORMED', `Line ${line} of ${file} is no response: ${problem}`, {
    value: line,
    origin: file,
    remedy: 'Evaluate again in another folder; the file has been changed or damaged.',
  });

/** Flags that exclude or need each other. */
export const badOutputs = (message: string, remedy: string): OrzError => new OrzError('ORZ_USAGE', message, { remedy });

export const cannotWriteOutput = (file: string, flag: string, cause: unknown): OrzError =>
  new OrzError('ORZ_STORAGE', `Cannot write ${file}: ${(cause as Error).message}`, {
    value: file,
    origin: flag,
    cause,
    remedy: 'Name a file or folder in a folder that exists and can be written.',
  });

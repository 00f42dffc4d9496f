import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { BenchmarkResult, EvaluationResults } from '../../../core/evaluation/results.js';
import { type GradedResponse, summarise } from '../../../core/evaluation/summarise.js';
import { readFileRange } from '../../platform/regular-file.js';
import { isBenchmarkName } from '../benchmark-name.js';
import { malformedEvaluation, noBenchmarkName, samplesMissing } from './errors.js';

/** What lm-evaluation-harness 0.4 writes as `results_TIME.json`, as far as it is used here. */
export interface LmEvalResults {
  readonly results: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly configs?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly versions?: Readonly<Record<string, unknown>>;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly model_name?: unknown;
  readonly lm_eval_version?: unknown;
}

/** A line of `samples_TASK_TIME.jsonl`: one question under one filter, with the value of each metric. */
interface LmEvalSample {
  readonly doc_id: number;
  readonly doc_hash?: string;
  readonly doc?: unknown;
  readonly target?: unknown;
  readonly filter?: string;
  readonly filtered_resps?: unknown;
  readonly [metric: string]: unknown;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isLmEvalResults = (data: unknown): data is LmEvalResults =>
  isObject(data) && isObject(data['results']) && Object.values(data['results']).every(isObject) && !('version' in data);

/** The newest `results_TIME.json` of a folder, or of the folder of the model below it; names sort by time. */
export async function newestLmEvalFile(folder: string): Promise<string | undefined> {
  const entries = await readdir(folder, { recursive: true });
  const found = entries.filter((entry) => /(?:^|[/\\])results_[^/\\]*\.json$/.test(entry));
  const [newest] = found.sort((a, b) => (basename(a) < basename(b) ? 1 : -1));
  return newest === undefined ? undefined : join(folder, newest);
}

/** Metrics that say for each question how right its answer is; the first that a task has is taken. */
const metrics = ['exact_match', 'acc', 'pass@1', 'acc_norm'];

/**
 * Results of lm-evaluation-harness with the samples beside them. Each filter of a task is a benchmark of its own.
 * Throws ORZ_DATA_MISSING where the samples are not there, ORZ_DATA_MALFORMED where a file has another form.
 */
export async function importLmEval(data: LmEvalResults, file: string): Promise<EvaluationResults> {
  const benchmarks: BenchmarkResult[] = [];
  for (const task of Object.keys(data.results)) {
    // A group of tasks has a row of results, but neither configuration nor samples.
    if (data.configs?.[task] === undefined) continue;
    if (!isBenchmarkName(task)) throw noBenchmarkName(file, task);
    const samples = await readSamples(task, file);
    for (const filter of [...new Set(samples.map((sample) => sample.filter ?? 'none'))]) {
      const chosen = samples.filter((sample) => (sample.filter ?? 'none') === filter);
      const benchmark = benchmarkOf(data, { task, filter, samples: chosen, file });
      if (!isBenchmarkName(benchmark.name)) throw noBenchmarkName(file, benchmark.name);
      benchmarks.push(benchmark);
    }
  }
  const { model_args: args = {}, ...computedBy } = data.config ?? {};
  return {
    version: 1,
    producer: producerOf(data),
    seed: numberOr(data.config?.['random_seed'], 0),
    model: {
      kind: 'model',
      name: typeof data.model_name === 'string' ? data.model_name : basename(dirname(file)),
      weights: null,
      prompt: { type: 'lm-evaluation-harness', args },
      computedBy,
    },
    benchmarks,
  };
}

const producerOf = ({ lm_eval_version: version }: LmEvalResults): string =>
  `lm-evaluation-harness ${typeof version === 'string' ? version : '(version unknown)'}`;

const numberOr = (value: unknown, otherwise: number): number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : otherwise;

async function readSamples(task: string, file: string): Promise<readonly LmEvalSample[]> {
  const time = basename(file).slice('results_'.length, -'.json'.length);
  const name = join(dirname(file), `samples_${task}_${time}.jsonl`);
  const bytes = await readFileRange(name);
  if (bytes === undefined) throw samplesMissing(file, task);
  const lines = new TextDecoder().decode(bytes).split('\n');
  const samples = lines.filter((line) => line.trim() !== '').map((line) => sampleOf(line, name));
  if (samples.length === 0) throw samplesMissing(file, task);
  return samples;
}

function sampleOf(line: string, file: string): LmEvalSample {
  try {
    const sample: unknown = JSON.parse(line);
    if (isObject(sample) && typeof sample['doc_id'] === 'number') return sample as LmEvalSample;
  } catch (cause) {
    throw malformedEvaluation(file, 'a line is no JSON', cause);
  }
  throw malformedEvaluation(file, 'a line has no doc_id');
}

interface FilteredTask {
  readonly task: string;
  readonly filter: string;
  readonly samples: readonly LmEvalSample[];
  readonly file: string;
}

function benchmarkOf(data: LmEvalResults, { task, filter, samples, file }: FilteredTask): BenchmarkResult {
  const metric = metrics.find((name) => samples.every((sample) => isShare(sample[name])));
  if (metric === undefined) throw malformedEvaluation(file, `${task} has none of the metrics ${metrics.join(', ')}`);
  const config = data.configs?.[task] ?? {};
  const sorted = samples.toSorted((a, b) => a.doc_id - b.doc_id);
  return {
    name: filter === 'none' ? task : `${task}-${filter}`,
    title: filter === 'none' ? task : `${task}, ${filter}`,
    source: typeof config['dataset_path'] === 'string' ? config['dataset_path'] : 'not stated',
    licence: 'not stated',
    questionsHash: hashOf(sorted),
    form: config['output_type'] === 'multiple_choice' ? 'choice' : 'open',
    grading: { type: 'lm-evaluation-harness', metric, filter },
    verifier: `${producerOf(data)}, ${task} version ${JSON.stringify(data.versions?.[task] ?? 'unknown')}`,
    sampling: samplingOf(config),
    statistics: summarise(sorted.map((sample) => [gradedOf(sample, metric)])),
    questions: sorted.map((sample) => ({ id: `${task}/${sample.doc_id}`, rewards: [Number(sample[metric])] })),
  };
}

const isShare = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 1;

function hashOf(samples: readonly LmEvalSample[]): string {
  const hash = createHash('sha256');
  for (const { doc, doc_hash: known, target } of samples)
    hash.update(`${known ?? JSON.stringify(doc)}\n`).update(`${JSON.stringify(target)}\n`);
  return hash.digest('hex');
}

/** What it generates without being told otherwise: greedily, at most 256 tokens. Options are scored, not generated. */
function samplingOf({ output_type: type, generation_kwargs: settings }: Readonly<Record<string, unknown>>) {
  const given = isObject(settings) ? settings : {};
  const { temperature, top_p: topP, max_gen_toks: limit = 256, do_sample: samples } = given;
  return {
    samples: 1,
    temperature: samples === true && typeof temperature === 'number' ? temperature : 0,
    topP: typeof topP === 'number' && topP > 0 && topP <= 1 ? topP : 1,
    maxResponseTokens: type === 'generate_until' ? Math.max(1, numberOr(limit, 256)) : 1,
    origin: 'lm-evaluation-harness',
  };
}

function gradedOf(sample: LmEvalSample, metric: string): GradedResponse {
  const reward = Number(sample[metric]);
  const [answer] = Array.isArray(sample.filtered_resps) ? (sample.filtered_resps as unknown[]) : [];
  const isMissing = answer === '[invalid]';
  return {
    reward,
    verdict: reward === 1 ? 'correct' : isMissing ? 'no-answer' : 'wrong',
    ...(typeof answer === 'string' && !isMissing && { answer }),
    truncated: null,
    tokens: null,
  };
}

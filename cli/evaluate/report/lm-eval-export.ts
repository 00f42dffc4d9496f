import type { EvaluationResults, ResponseLine } from '../../../core/evaluation/results.js';
import { groupedByQuestion } from '../../dashboard/shared/evaluations.js';

/** A file of an export: name and content. */
export interface ExportedFile {
  readonly name: string;
  readonly content: string;
}

/** The responses of a benchmark, in order of question, then sample. */
export type ResponsesOf = (benchmark: string) => readonly ResponseLine[];

/** Where the harness has a time, so that its tools find the samples of a results file. */
const stamp = '1970-01-01T00-00-00.000000';

/**
 * Results in the form of lm-evaluation-harness 0.4: `results_TIME.json` and, of each benchmark,
 * `samples_TASK_TIME.jsonl`. mean@k is its `exact_match`, with the standard error between questions.
 */
export function exportLmEval(results: EvaluationResults, responses: ResponsesOf): ExportedFile[] {
  const samples = results.benchmarks.map(({ name, questions }) => ({
    name: `samples_${name}_${stamp}.jsonl`,
    content: sampleLines(questions, responses(name)),
  }));
  const content = `${JSON.stringify(aggregated(results), null, 2)}\n`;
  return [{ name: `results_${stamp}.json`, content }, ...samples];
}

function aggregated({ benchmarks, model, producer, seed }: EvaluationResults) {
  const byName = <T>(value: (benchmark: EvaluationResults['benchmarks'][number]) => T): Record<string, T> =>
    Object.fromEntries(benchmarks.map((benchmark) => [benchmark.name, value(benchmark)]));
  return {
    results: byName(({ title, statistics, questions }) => ({
      alias: title,
      'exact_match,none': statistics.mean.mean,
      'exact_match_stderr,none': standardError(questions) ?? 'N/A',
    })),
    configs: byName(({ name, source, sampling }) => ({
      task: name,
      dataset_path: source,
      output_type: 'generate_until',
      repeats: sampling.samples,
      generation_kwargs: {
        do_sample: sampling.temperature > 0,
        temperature: sampling.temperature,
        top_p: sampling.topP,
        max_gen_toks: sampling.maxResponseTokens,
      },
    })),
    versions: byName(({ verifier }) => verifier),
    'n-shot': byName(() => 0),
    higher_is_better: byName(() => ({ exact_match: true })),
    'n-samples': byName(({ questions }) => ({ original: questions.length, effective: questions.length })),
    config: { model: producer, model_args: { ...model }, random_seed: seed },
    model_name: model.name,
  };
}

type Questions = EvaluationResults['benchmarks'][number]['questions'];

const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Null for one question, which has none. */
function standardError(questions: Questions): number | null {
  if (questions.length < 2) return null;
  const means = questions.map(({ rewards }) => meanOf(rewards));
  const centre = meanOf(means);
  const squares = means.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (means.length - 1) / means.length);
}

function sampleLines(questions: Questions, lines: readonly ResponseLine[]): string {
  const groups = groupedByQuestion(lines);
  return questions
    .map(({ id, rewards }, question) => {
      const own = groups.get(question) ?? [];
      const [first] = own;
      return `${JSON.stringify({
        doc_id: question,
        doc: { id, question: first?.prompt, answer: first?.gold },
        target: first?.gold,
        arguments: { gen_args_0: { arg_0: first?.prompt } },
        resps: [own.map(({ text }) => text)],
        filtered_resps: own.map(({ answer = '[invalid]' }) => answer),
        filter: 'none',
        metrics: ['exact_match'],
        exact_match: meanOf(rewards),
      })}\n`;
    })
    .join('');
}

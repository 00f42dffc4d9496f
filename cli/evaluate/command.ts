import type { Command } from 'commander';
import { trustOption } from '../config/trust-option.js';
import { exampleLines } from '../invocation.js';
import type { EvaluateFlags } from './options.js';
import {
  isShowing,
  refuseContradictoryOutputs,
  refuseMeasuring,
  type ShowFlags,
  withShowFlags,
} from './report/options.js';
import { addServedOptions, servedExamples } from './served/options.js';

const help = (): string => `
Examples:
${exampleLines([
  ['orz-train evaluate', 'the held-out sets of the newest run, on its newest model'],
  ['orz-train evaluate --run-dir runs/mine --checkpoint all --samples 16', 'every checkpoint: a curve'],
  ['orz-train evaluate math500 aime2024 --run-dir runs/mine'],
  [
    'orz-train evaluate gsm8k --model Qwen/Qwen2.5-0.5B-Instruct --chat --limit 200',
    'a model of the hub through its chat template',
  ],
  ['orz-train evaluate ./exam.jsonl --model ./folder --samples 4', 'questions of your own'],
  [
    'orz-train evaluate mmlu --model ./folder --chat --set benchmarks.mmlu.path=mmlu.jsonl',
    'a published benchmark from a file',
  ],
  ...servedExamples,
  ['orz-train evaluate --compare evaluations/a evaluations/b', 'the paired difference of two evaluations'],
  ['orz-train evaluate --show evaluations/a --report page.html', 'one that is done, with every question'],
])}

Each benchmark says how it is measured (see the command benchmarks); flags change it for all of them, and
--set benchmarks.NAME.SETTING for one. With --out the folder of an evaluation that was stopped, it goes on there.`;

const collect = (value: string, previous: readonly string[] = []): readonly string[] => [...previous, value];

/** Adds `evaluate` and `benchmarks` to the command line; `execute` waits for the command and keeps its exit code. */
export function addEvaluationCommands(program: Command, execute: (work: Promise<number>) => Promise<void>): void {
  const evaluate = program
    .command('evaluate')
    .description('measure a model on benchmarks, with error bars')
    .argument('[benchmarks...]', 'names or files; default: the held-out sets of the run')
    .option('--run-dir <folder>', 'the run whose model is measured; default: the newest below runs/')
    .option('--checkpoint <iteration>', 'which of its models: an iteration, base, final, or all; default: the newest')
    .option('--model <folder or name>', 'any other model: a folder in Hugging Face form, or owner/name on the hub')
    .option('--revision <name>', 'branch, tag or commit of a model of the hub');
  addServedOptions(evaluate)
    .option(
      '--template <type>',
      'how a question becomes a prompt (see the command plugins); default: as in the run, or orz',
    )
    .option('--chat', 'the chat template of the model; answers are then looked for anywhere in the text')
    .option('--samples <number>', 'responses per question')
    .option('--temperature <number>', '0 takes the most probable token')
    .option('--top-p <number>', 'sample only from the most probable tokens that together have this probability')
    .option('--max-tokens <number>', 'maximum length of a response')
    .option('--limit <number>', 'only the first so many questions of each benchmark')
    .option('--seed <number>', 'another seed gives other responses')
    .option('--backend <type>', 'what computes: onnx, reference, … (see the command plugins)')
    .option('--config <file>', 'for --model and --url: file with your plugins and settings; default: orz.config.*')
    .option('--no-config', 'ignore configuration files')
    .option('--set <path=value>', 'change a setting, for example benchmarks.gsm8k.samples=4; may be repeated', collect)
    .option(...trustOption)
    .option('--out <folder>', 'folder of the evaluation; one that was stopped there continues; default: a new one')
    .option('--json', 'print the results as JSON');
  withShowFlags(evaluate)
    .addHelpText('after', () => help())
    .action(async (benchmarks: string[], flags: EvaluateFlags & ShowFlags) =>
      execute(evaluateOrShow(benchmarks, flags)),
    );
  program
    .command('benchmarks')
    .description('list the benchmarks, and how each is measured')
    .option('--config <file>', 'configuration file, whose plugins are listed too; default: orz.config.*')
    .option('--no-config', 'ignore configuration files')
    .option('--json', 'print as JSON')
    .action(async (flags: { config?: string | false; json?: boolean }) =>
      execute((await import('../commands/benchmarks.js')).listBenchmarks(flags)),
    );
}

/** Evaluates, or shows what is evaluated already. */
async function evaluateOrShow(benchmarks: readonly string[], flags: EvaluateFlags & ShowFlags): Promise<number> {
  refuseContradictoryOutputs(flags);
  if (isShowing(flags)) {
    refuseMeasuring(benchmarks, flags);
    return (await import('../commands/show-evaluations.js')).showEvaluations(flags);
  }
  return (await import('../commands/evaluate.js')).evaluateModels(benchmarks, flags);
}

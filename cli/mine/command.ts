import type { Command } from 'commander';
import { trustOption } from '../config/trust-option.js';
import { addServedOptions } from '../evaluate/served/options.js';
import { exampleLines } from '../invocation.js';
import type { MineFlags } from './options.js';

const help = (): string => `
Examples:
${exampleLines([
  ['orz-train mine', 'the training data of the newest run, on its newest model'],
  ['orz-train mine train.jsonl --model Qwen/Qwen2.5-0.5B', 'any data, any model'],
  ['orz-train mine train.jsonl --run-dir runs/mine --checkpoint 50 --samples 16'],
  ['orz-train mine train.jsonl --url http://127.0.0.1:8000/v1', 'a model at a server'],
  [`orz-train mine --model ./folder --set data.type=files --set 'data.train=[{"hub":"openai/gsm8k","config":"main"}]'`],
])}

The folder gets mined.jsonl, the same problems with their pass rates, to train on with --set dataFilters.passRate.max=…;
settings.json with the model and all settings; and every response. With --out the folder of a command that was stopped,
it goes on there. Problems that the filters of training drop are not sampled.`;

const collect = (value: string, previous: readonly string[] = []): readonly string[] => [...previous, value];

/** Adds `mine` to the command line; `execute` waits for the command and keeps its exit code. */
export function addMineCommand(program: Command, execute: (work: Promise<number>) => Promise<void>): void {
  const mine = program
    .command('mine')
    .description('measure how often a model answers each training problem')
    .argument('[files...]', 'data to train on, in any form of docs/data.md; default: those of the run')
    .option('--run-dir <folder>', 'the run whose model answers; default: the newest below runs/')
    .option('--checkpoint <iteration>', 'which of its models: an iteration, base or final; default: the newest')
    .option('--model <folder or name>', 'any other model: a folder in Hugging Face form, or owner/name on the hub')
    .option('--revision <name>', 'branch, tag or commit of a model of the hub');
  addServedOptions(mine)
    .option('--template <type>', 'how a problem becomes a prompt; default: as in the run, or orz')
    .option('--chat', 'the chat template of the model; answers are then looked for anywhere in the text')
    .option('--samples <number>', 'responses per problem; default: 64')
    .option('--temperature <number>', 'default: as in training')
    .option('--top-p <number>', 'sample only from the most probable tokens that together have this probability')
    .option('--max-tokens <number>', 'maximum length of a response; default: as in training')
    .option('--limit <number>', 'only the first so many problems')
    .option('--seed <number>', 'another seed gives other responses')
    .option('--backend <type>', 'what computes: onnx, reference, … (see the command plugins)')
    .option('--config <file>', 'for --model and --url: file with your plugins and settings; default: orz.config.*')
    .option('--no-config', 'ignore configuration files')
    .option('--set <path=value>', 'change a setting, for example dataFilters.overlap=keep; may be repeated', collect)
    .option(...trustOption)
    .option('--out <folder>', 'folder of the outcome; one that was stopped there continues; default: a new one')
    .addHelpText('after', () => help())
    .action(async (files: string[], flags: MineFlags) =>
      execute((await import('../commands/mine.js')).mineProblems(files, flags)),
    );
}

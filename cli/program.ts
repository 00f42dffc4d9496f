import { Command } from 'commander';
import type { BrowserFlags } from './commands/browser.js';
import type { DashboardFlags } from './commands/dashboard.js';
import type { ExportFlags } from './commands/export.js';
import type { GradeFlags } from './commands/grade.js';
import type { ReplayFlags } from './commands/replay.js';
import type { ReportFlags } from './commands/report.js';
import type { TrainFlags } from './commands/train.js';
import type { ConfigFlags } from './config/gather.js';
import { addGenerateCommand } from './generate/command.js';
import { unknownCommand } from './usage.js';

const examples = `
Examples:
  orz-train                                      train orz-tiny: a few minutes on any machine, nothing to download
  orz-train --preset orz-tiny --seed 7           the same with other random numbers
  orz-train --set advantage.type=group --set criticUpdateSteps=0
  orz-train config --preset orz-7b               every value of a preset, and where it comes from
  orz-train plugins                              what can be chosen for each part, and its settings
  orz-train --resume runs/NAME                   go on with a run that was stopped or killed
  orz-train dashboard                            watch the newest run in the browser
  orz-train generate "3+4+5"                     ask the model of the latest run
  orz-train export my-model --dtype bf16         write it for transformers and vLLM

A configuration file orz.config.ts (or .js, .json, .yaml, or the key "orz" in package.json) in the current folder is used if there is one.
Layers, lowest first: defaults, preset, configuration file, flags.`;

const dataExamples = `
Shown: problems kept and left out per source and per filter, with examples; lengths of prompts in tokens; kinds of answers; what was found
in the held-out sets; the first problems in the order of training. Only the tokenizer of the model is loaded.

Examples:
  orz-train data --preset orz-7b                                                 the files of Open-Reasoner-Zero, below data/
  orz-train data --preset orz-7b --set 'data.train=["my.jsonl","more.parquet"]'  your own; forms of records are in docs/data.md
  orz-train data --preset orz-7b --set dataFilters.ungradable=keep --json`;

const collect = (value: string, previous: readonly string[] = []): readonly string[] => [...previous, value];

function withPresetFlags(command: Command): Command {
  return command
    .option(
      '--preset <name>',
      'start from this preset (see: orz-train presets); default: the one the configuration file names, or orz-tiny',
    )
    .option(
      '--config <file>',
      'configuration file; default: orz.config.* in the current folder or above, up to package.json',
    )
    .option('--set <path=value>', 'set one value, for example advantage.lambda=0.95; may be repeated', collect);
}

function withTrainFlags(command: Command): Command {
  return withRunFlags(command)
    .option('--resume <folder>', 'go on with the run in this folder, with its own settings unless flags change them')
    .option('--force', 'go on even if changed settings make it another experiment')
    .option('--dry-run', 'print the plan and end: nothing is loaded, nothing is written')
    .option('--json', 'with --dry-run: print the plan as JSON');
}

function withRunFlags(command: Command): Command {
  return withPresetFlags(command)
    .option('--seed <number>', 'every random number of the run follows from this')
    .option('--iterations <number>', 'how often to collect responses and update')
    .option(
      '--run-dir <folder>',
      'where the run goes; one that was stopped there goes on; default: a new folder below runs/',
    );
}

/** The command line. Commands are imported when they are called, so that help answers at once. */
export function createProgram(version: string, setExitCode: (code: number) => void): Command {
  const run = async (work: Promise<number> | number) => {
    setExitCode(await work);
  };
  const program = withTrainFlags(new Command('orz-train'))
    .description(
      'Reinforcement learning for language models: the Open-Reasoner-Zero recipe.\nWithout a command, trains.',
    )
    .version(version)
    .usage('[command] [options]')
    .enablePositionalOptions()
    .argument('[command]')
    .addHelpText('after', examples);
  program.action(async (word: string | undefined, flags: TrainFlags) => {
    if (word !== undefined) throw unknownCommand(word, program);
    await run((await import('./commands/train.js')).train(flags));
  });
  withTrainFlags(program.command('train').description('train (the same as no command)')).action(
    async (flags: TrainFlags) => run((await import('./commands/train.js')).train(flags)),
  );
  program
    .command('presets')
    .description('list the presets')
    .option('--json', 'print as JSON')
    .action(async (flags: { json?: boolean }) => run((await import('./commands/presets.js')).listPresets(flags)));
  withPresetFlags(program.command('plugins').description('list what can be chosen for each part, with its settings'))
    .option('--json', 'print as JSON')
    .action(async (flags: ConfigFlags & { json?: boolean }) =>
      run((await import('./commands/plugins.js')).listPlugins(flags)),
    );
  withRunFlags(
    program
      .command('config')
      .description('print the resolved configuration, where each value comes from, and what the run would need'),
  )
    .option('--json', 'print as JSON')
    .option('--schema', 'print the JSON schema of configuration files, your plugins included, for editors')
    .action(async (flags: ConfigFlags & { json?: boolean; schema?: boolean }) =>
      run((await import('./commands/config.js')).showConfig(flags)),
    );
  withPresetFlags(
    program
      .command('data')
      .description('check the problems of a configuration and print what its filters leave out, without training'),
  )
    .option('--seed <number>', 'seed of the order in which problems are drawn')
    .option('--json', 'print as JSON')
    .addHelpText('after', dataExamples)
    .action(async (flags: ConfigFlags & { json?: boolean }) =>
      run((await import('./commands/data.js')).reportData(flags)),
    );
  addGenerateCommand(program, run);
  program
    .command('export')
    .description('write a saved model as a Hugging Face folder for transformers and vLLM')
    .argument('<folder>', 'the folder to write; it must not exist')
    .option('--run-dir <folder>', 'the run whose newest policy is written; default: the latest below runs/')
    .option('--critic', 'its critic instead')
    .option('--model <folder>', 'a model folder instead of a run')
    .option('--dtype <type>', 'f32, bf16 or f16; numbers are rounded to the nearest, ties to even', 'bf16')
    .option('--max-shard-size <size>', 'weights above this are spread over several files, for example 500MB', '5GB')
    .action(async (folder: string, flags: ExportFlags) =>
      run((await import('./commands/export.js')).exportModel(folder, flags)),
    );
  program
    .command('browser')
    .description('serve a page that trains orz-tiny in the browser, on the GPU of whoever opens it')
    .option('--host <address>', 'address to listen on; default: 127.0.0.1, this machine only')
    .option('--port <number>', 'default: 4681, or any free port')
    .action(async (flags: BrowserFlags) => run((await import('./commands/browser.js')).browser(flags)));
  program
    .command('dashboard')
    .description('show runs in the browser: curves, responses, every token; live while they train')
    .argument('[folders...]', 'run folders; default: the newest below runs/')
    .option('--host <address>', 'address to listen on; default: 127.0.0.1, which only this machine reaches')
    .option('--port <number>', 'port to listen on; default: 4680, or a free one if that is taken')
    .action(async (folders: string[], flags: DashboardFlags) =>
      run((await import('./commands/dashboard.js')).dashboard(folders, flags)),
    );
  program
    .command('report')
    .description('write the same as one file that opens without a server')
    .argument('[folders...]', 'run folders; default: the newest below runs/')
    .option('--output <file>', 'default: report.html in the first run folder')
    .action(async (folders: string[], flags: ReportFlags) =>
      run((await import('./commands/report.js')).report(folders, flags)),
    );
  program
    .command('grade')
    .description('grade answers in a file with the math reward')
    .requiredOption('--input <file>', 'JSON lines: {id, gold, prediction} or {id, gold, response, finish_reason}')
    .option('--output <file>', 'where the results go, one JSON line each; default: stdout')
    .action(async (flags: GradeFlags) => run((await import('./commands/grade.js')).grade(flags)));
  program
    .command('replay')
    .description('do the step again at which a run met a number that is not finite')
    .argument('<file>', 'what the run wrote: RUN_DIR/failures/iteration-N.json')
    .option('--set <path=value>', 'change a setting, for example backend=reference; may be repeated', collect)
    .action(async (file: string, flags: ReplayFlags) =>
      run((await import('./commands/replay.js')).replay(file, flags)),
    );
  program
    .command('setup')
    .description('install ONNX Runtime if it is missing')
    .option('--cuda', 'also fetch its CUDA libraries (Linux x64, several 100 MB)')
    .action(async (flags: { cuda?: boolean }) => run((await import('./commands/setup.js')).setup(flags)));
  return program;
}

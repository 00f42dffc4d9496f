import { Command } from 'commander';
import type { BrowserFlags } from './commands/browser.js';
import type { DashboardFlags } from './commands/dashboard.js';
import type { ExportFlags } from './commands/export.js';
import type { ReplayFlags } from './commands/replay.js';
import type { ReportFlags } from './commands/report.js';
import type { TrainFlags } from './commands/train.js';
import type { ConfigFlags } from './config/gather.js';
import { addClusterCommand } from './cluster/command.js';
import { trustOption } from './config/trust-option.js';
import { addEvaluationCommands } from './evaluate/command.js';
import { addGenerateCommand } from './generate/command.js';
import { addGradingCommands } from './grade/commands.js';
import { exampleLines } from './invocation.js';
import { addMineCommand } from './mine/command.js';
import { addRunsCommand } from './run-list/command.js';
import { addStudyCommand } from './study/command.js';
import { addServeCommand } from './tinker-server/command.js';
import { unknownCommand } from './usage.js';

/** Waits for a command and keeps its exit code. */
export type ExecuteCommand = (work: Promise<number> | number) => Promise<void>;

/**
 * The command line. A command's module is imported when the command is called, so that help answers at once.
 * `setExitCode` receives what the command returned.
 */
export function createProgram(version: string, setExitCode: (code: number) => void): Command {
  const program = new Command('orz-train')
    .description(
      'Reinforcement learning for language models: the Open-Reasoner-Zero recipe.\nWithout a command, trains.',
    )
    .version(version)
    .usage('[command] [options]')
    .enablePositionalOptions()
    .argument('[command]')
    .addHelpText('after', () => generalHelp());
  const execute: ExecuteCommand = async (work) => {
    setExitCode(await work);
  };
  addTraining(program, execute);
  addListings(program, execute);
  addImport(program, execute);
  addDataCommand(program, execute);
  addClusterCommand(withPresetFlags(program.command('cluster')), execute);
  addGenerateCommand(program, execute);
  addEvaluationCommands(program, execute);
  addMineCommand(program, execute);
  addStudyCommand(program, execute);
  addExportCommand(program, execute);
  addPages(program, execute);
  addRunsCommand(program, execute);
  addServeCommand(program, withPresetFlags, execute);
  addTools(program, execute);
  return program;
}

const generalHelp = (): string => `
Examples:
${exampleLines([
  ['orz-train', 'train orz-tiny: minutes on any machine, no download'],
  ['orz-train --preset orz-tiny --seed 7', 'the same with other random numbers'],
  ['orz-train --set advantage.type=group --set criticUpdateSteps=0'],
  ['orz-train config --preset orz-7b', 'every value of a preset, and where it comes from'],
  ['orz-train plugins', 'what can be chosen for each slot, and its settings'],
  ['orz-train --resume runs/NAME', 'continue a run that was stopped or killed'],
  ['orz-train dashboard', 'watch the newest run in the browser'],
  ['orz-train runs', 'list runs, and what differs between them'],
  ['orz-train generate "3+4+5"', 'ask the model of the newest run'],
  ['orz-train export my-model --dtype bf16', 'write it for transformers and vLLM'],
])}

A configuration file orz.config.ts (or .js, .json, .yaml, or the key "orz" in package.json) in the current folder or
above is used if there is one. Layers, lowest first: defaults, presets, configuration file, flags.
Exit codes: 0 success, 1 failed while running, 2 usage or configuration, 3 data or model, 4 does not fit or no device,
130 Ctrl-C, 143 SIGTERM.`;

const dataHelp = (): string => `
Shown: problems kept and left out per source and per filter, with examples; lengths of prompts in tokens; kinds of
answers; what was found in the held-out sets; the first problems in the order of training. Only the tokenizer of the
model is loaded.

Examples:
${exampleLines([
  ['orz-train data --preset orz-7b', 'the files of Open-Reasoner-Zero, below data/'],
  [
    `orz-train data --preset orz-7b --set 'data.train=["my.jsonl","more.parquet"]'`,
    'your own; forms of records are in docs/data.md',
  ],
  ['orz-train data --preset orz-7b --set dataFilters.ungradable=keep --json'],
])}`;

const collect = (value: string, previous: readonly string[] = []): readonly string[] => [...previous, value];

function withPresetFlags(command: Command): Command {
  return command
    .option(
      '--preset <name>',
      'start from this preset, or add what it changes (see the command presets); may be repeated; ' +
        'default: those the configuration file names, or orz-tiny',
      collect,
    )
    .option(
      '--config <file>',
      'configuration file; default: orz.config.* in the current folder or above, up to package.json',
    )
    .option('--no-config', 'ignore configuration files')
    .option('--set <path=value>', 'set one value, for example advantage.lambda=0.95; may be repeated', collect);
}

function withRunFlags(command: Command): Command {
  return withPresetFlags(command)
    .option('--seed <number>', 'every random number of the run follows from this')
    .option('--iterations <number>', 'how often to collect responses and update')
    .option(
      '--run-dir <folder>',
      'folder of the run; one that was stopped there continues; default: a new folder below runs/',
    );
}

function withTrainFlags(command: Command): Command {
  return withRunFlags(command)
    .option('--resume <folder>', 'continue the run in this folder, with its own settings unless flags change them')
    .option(...trustOption)
    .option('--force', 'continue even if changed settings make it another experiment')
    .option('--dry-run', 'print the plan and exit: nothing is loaded, nothing is written')
    .option('--check', 'open device, model, data and folder, print every problem and exit: nothing is trained')
    .option('--json', 'with --dry-run: print the plan as JSON')
    .option('--price <dollars>', 'US dollars per hour of this machine: the plan then says what the run costs');
}

function addTraining(program: Command, execute: ExecuteCommand): void {
  const train = async (flags: TrainFlags) => execute((await import('./commands/train.js')).train(flags));
  withTrainFlags(program).action(async (word: string | undefined, flags: TrainFlags) => {
    if (word !== undefined) throw unknownCommand(word, program);
    await train(flags);
  });
  withTrainFlags(program.command('train').description('train (the same as no command)')).action(train);
}

function addListings(program: Command, execute: ExecuteCommand): void {
  program
    .command('presets')
    .description('list the presets')
    .option('--json', 'print as JSON')
    .action(async (flags: { json?: boolean }) => execute((await import('./commands/presets.js')).listPresets(flags)));
  withPresetFlags(program.command('plugins').description('list what can be chosen for each slot, with its settings'))
    .option('--json', 'print as JSON')
    .action(async (flags: ConfigFlags & { json?: boolean }) =>
      execute((await import('./commands/plugins.js')).listPlugins(flags)),
    );
  withRunFlags(
    program
      .command('config')
      .description('print the resolved configuration, where each value comes from, and what the run would need'),
  )
    .option('--json', 'print as JSON')
    .option('--schema', 'print the JSON schema of configuration files, your plugins included, for editors')
    .action(async (flags: ConfigFlags & { json?: boolean; schema?: boolean }) =>
      execute((await import('./commands/config.js')).showConfig(flags)),
    );
}

function addImport(program: Command, execute: ExecuteCommand): void {
  program
    .command('import-config')
    .description('print the configuration of another trainer as one of this project, and what became of each setting')
    .argument('<file>', 'its YAML or JSON, or the script with its flags or overrides')
    .option('--from <trainer>', 'trl, openrlhf or verl')
    .addHelpText(
      'after',
      () => `\nExample:\n${exampleLines([['orz-train import-config --from verl run.sh > orz.config.yaml']])}`,
    )
    .action(async (file: string, flags: { from?: string }) =>
      execute((await import('./commands/import-config.js')).importConfig(file, flags)),
    );
}

function addDataCommand(program: Command, execute: ExecuteCommand): void {
  withPresetFlags(
    program
      .command('data')
      .description('check the problems of a configuration and print what its filters leave out, without training'),
  )
    .option('--seed <number>', 'seed of the order in which problems are drawn')
    .option('--json', 'print as JSON')
    .addHelpText('after', () => dataHelp())
    .action(async (flags: ConfigFlags & { json?: boolean }) =>
      execute((await import('./commands/data.js')).reportData(flags)),
    );
}

function addExportCommand(program: Command, execute: ExecuteCommand): void {
  program
    .command('export')
    .description('write a saved model as a Hugging Face folder for transformers and vLLM')
    .argument('<folder>', 'the folder to write; it must not exist')
    .option('--run-dir <folder>', 'the run whose newest policy is written; default: the newest below runs/')
    .option('--critic', 'its critic instead')
    .option('--adapter', 'only the adapters of a run with LoRA, in the form of PEFT')
    .option('--model <folder>', 'a model folder instead of a run')
    .option('--dtype <type>', 'f32, bf16 or f16; numbers are rounded to the nearest, ties to even', 'bf16')
    .option('--max-shard-size <size>', 'larger weights are split into several files, for example 500MB', '5GB')
    .option('--no-config', 'ignore configuration files')
    .option('--set <path=value>', 'with --model: how it is read, for example model.unknownConfigKeys=warn', collect)
    .action(async (folder: string, flags: ExportFlags) =>
      execute((await import('./commands/export.js')).exportModel(folder, flags)),
    );
}

function addPages(program: Command, execute: ExecuteCommand): void {
  program
    .command('browser')
    .description('serve a page that trains orz-tiny in the browser, on the GPU of whoever opens it')
    .option('--host <address>', 'address to listen on; default: 127.0.0.1, which only this machine reaches')
    .option('--port <number>', 'port to listen on; default: 4681, or a free one if that is taken')
    .action(async (flags: BrowserFlags) => execute((await import('./commands/browser.js')).browser(flags)));
  program
    .command('dashboard')
    .description('show runs in the browser: curves, responses, every token; live while they train; evaluations too')
    .argument('[folders...]', 'runs, folders of runs, or evaluations; default: the newest run below runs/')
    .option('--host <address>', 'address to listen on; default: 127.0.0.1, which only this machine reaches')
    .option('--port <number>', 'port to listen on; default: 4680, or a free one if that is taken')
    .action(async (folders: string[], flags: DashboardFlags) =>
      execute((await import('./commands/dashboard.js')).dashboard(folders, flags)),
    );
  program
    .command('report')
    .description('write the dashboard as one file that opens without a server')
    .argument('[folders...]', 'run folders; default: the newest below runs/')
    .option('--output <file>', 'default: report.html in the first run folder')
    .action(async (folders: string[], flags: ReportFlags) =>
      execute((await import('./commands/report.js')).report(folders, flags)),
    );
}

function addTools(program: Command, execute: ExecuteCommand): void {
  addGradingCommands(program, execute);
  program
    .command('replay')
    .description('repeat the step at which a run met a number that is not finite')
    .argument('<file>', 'what the run wrote: RUN_DIR/failures/iteration-N.json')
    .option('--no-config', 'ignore configuration files')
    .option('--set <path=value>', 'change a setting, for example backend=reference; may be repeated', collect)
    .option(...trustOption)
    .action(async (file: string, flags: ReplayFlags) =>
      execute((await import('./commands/replay.js')).replay(file, flags)),
    );
  program
    .command('setup')
    .description('install ONNX Runtime if it is missing')
    .option('--cuda', 'also fetch its CUDA libraries (Linux x64, several 100 MB)')
    .action(async (flags: { cuda?: boolean }) => execute((await import('./commands/setup.js')).setup(flags)));
}

import type { Command } from 'commander';
import { exampleLines } from '../invocation.js';
import type { StudyFlags } from './options.js';

type Execute = (work: Promise<number>) => Promise<void>;

const collect = (value: string, previous: readonly string[] = []): readonly string[] => [...previous, value];

/** Adds `study` to the command line. */
export function addStudyCommand(program: Command, execute: Execute): void {
  program
    .command('study')
    .description('train an ablation with several seeds, and compare its arms with error bars')
    .argument('[study]', 'a shipped study by its name, or a file of your own; without one, lists those shipped')
    .option('--plan', 'print every run, how far it is and the time expected, and exit: nothing is trained')
    .option('--seeds <list>', 'seeds of every arm, for example 1,2,3; default: those of the study')
    .option('--jobs <number>', 'runs at the same time, each on one thread; default: one per core')
    .option('--folder <folder>', 'where runs and results go', 'runs/studies')
    .option('--set <path=value>', 'change a setting of all arms, for example iterations=20; may be repeated', collect)
    .option('--markdown', 'print the tables as Markdown')
    .addHelpText('after', () => studyHelp())
    .action(async (named: string | undefined, flags: StudyFlags) =>
      execute((await import('../commands/study.js')).study(named, flags)),
    );
}

const studyHelp = (): string => `
A study that was stopped or killed goes on where it was with the same command. Runs with the same settings are shared by
all studies. Ctrl-C lets the runs finish their step and saves them; a second one stops at once.

Examples:
${exampleLines([
  ['orz-train study', 'what there is'],
  ['orz-train study gae-lambda --plan', 'what it would train, and how long that takes'],
  ['orz-train study gae-lambda --seeds 1,2,3 --jobs 2'],
  ['orz-train study ./mine.ts', 'a study of your own: docs/studies.md'],
])}`;

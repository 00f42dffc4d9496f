import type { Command } from 'commander';
import type { GradeFlags } from '../commands/grade.js';
import type { ServeRewardFlags } from '../commands/serve-reward.js';
import { exampleLines } from '../invocation.js';

type Execute = (work: Promise<number>) => Promise<void>;

/** Adds `grade` and `serve-reward`. */
export function addGradingCommands(program: Command, execute: Execute): void {
  addGradeCommand(program, execute);
  addServeRewardCommand(program, execute);
}

function addGradeCommand(program: Command, execute: Execute): void {
  const command = program
    .command('grade')
    .description('grade the answers in a file with the math reward, or with any other')
    .requiredOption(
      '--input <file>',
      'JSON lines: {gold, prediction} or {gold, response, finish_reason}; - reads standard input',
    )
    .option('--output <file>', 'file of the results, one JSON line each; default: stdout');
  withRewardFlags(command)
    .addHelpText('after', () => gradeHelp())
    .action(async (flags: GradeFlags) => execute((await import('../commands/grade.js')).grade(flags)));
}

function addServeRewardCommand(program: Command, execute: Execute): void {
  const command = program
    .command('serve-reward')
    .description('grade over HTTP, for trainers in Python or any other language')
    .option('--host <address>', 'address to listen on; default: 127.0.0.1, which only this machine reaches')
    .option('--port <number>', 'port to listen on; default: 4682, or a free one if that is taken')
    .option('--allow-remote', 'listen on other addresses too; ORZ_REWARD_KEY must hold the key that clients send')
    .option('--max-body <size>', 'largest body of a request, for example 64MB', '64MB')
    .option('--max-pairs <number>', 'answers that may wait or be graded at once, over all requests', '20000')
    .option('--max-requests <number>', 'requests that may be open at once', '4096')
    .option('--time-limit <seconds>', 'longest time a request may take before it is refused', '150');
  withRewardFlags(command)
    .addHelpText('after', () => serveHelp())
    .action(async (flags: ServeRewardFlags) =>
      execute((await import('../commands/serve-reward.js')).serveReward(flags)),
    );
}

/** Which reward grades, and with how many threads. */
function withRewardFlags(command: Command): Command {
  const collect = (value: string, previous: readonly string[] = []): readonly string[] => [...previous, value];
  return command
    .option('--reward <name>', 'type of the reward; default: that of the configuration, math unless it says otherwise')
    .option('--set <name=value>', 'set one value of the reward, for example extraction=anywhere', collect)
    .option('--config <file>', 'configuration file with your plugins and reward; default: as for training')
    .option('--no-config', 'ignore configuration files')
    .option('--workers <number>', 'threads that grade; default: one per core');
}

const gradeHelp = (): string => `
A gold answer is taken as it is. A prediction is an ordinary answer, found anywhere in the text; a response is graded
as in training.

Examples:
${exampleLines([
  ['orz-train grade --input answers.jsonl --output graded.jsonl', 'one line for each answer'],
  ['orz-train grade --input -', 'read standard input'],
  ['orz-train grade --input answers.jsonl --set precision=3 --set percentAsNumber=true'],
  ['orz-train grade --input answers.jsonl --reward mine --config orz.config.ts', 'a reward of your own'],
])}`;

const serveHelp = (): string => `
POST /get_reward answers OpenRLHF's remote reward, POST /grade a batch of any records; GET /health and GET /metrics
tell how it fares. docs/reward-server.md shows its use from TRL, verl and OpenRLHF.

Examples:
${exampleLines([
  ['orz-train serve-reward', 'on this machine only'],
  ['orz-train serve-reward --port 5000 --workers 8 --set precision=3'],
  ['orz-train serve-reward --host 0.0.0.0 --allow-remote', 'with a key in ORZ_REWARD_KEY'],
])}`;

import type { Command } from 'commander';
import type { ServeFlags } from '../commands/serve.js';
import { exampleLines } from '../invocation.js';

type Execute = (work: Promise<number>) => Promise<void>;

const help = (): string => `
Clients bring their data, losses and optimizer settings; of the configuration count the model, the backend, the engine
and the seed. Whoever reaches the port can use the server; other addresses need --allow-remote and a key.
docs/serve.md shows the Python SDK, tinker-cookbook and training of this project on such a server.

Examples:
${exampleLines([
  ['orz-train serve', 'the model of orz-tiny, on this machine only'],
  ['orz-train serve --set model.type=huggingface --set model.path=Qwen/Qwen2.5-0.5B'],
  ['orz-train serve --model-name Qwen/Qwen3-8B', 'for recipes that know models by their names'],
  ['orz-train serve --host 0.0.0.0 --allow-remote', 'with a key in ORZ_SERVE_KEY'],
])}`;

/** Adds `serve`; `withPresetFlags` those that choose the configuration, `execute` keeps the exit code. */
export function addServeCommand(
  program: Command,
  withPresetFlags: (command: Command) => Command,
  execute: Execute,
): void {
  withPresetFlags(
    program.command('serve').description('serve a model over the Tinker API: training, samples, checkpoints'),
  )
    .option('--seed <number>', 'every random number of the model follows from this')
    .option('--host <address>', 'address to listen on; default: 127.0.0.1, which only this machine reaches')
    .option('--port <number>', 'port to listen on; default: 4683, or a free one if that is taken')
    .option('--allow-remote', 'listen on other addresses too; ORZ_SERVE_KEY must hold the key that clients send')
    .option('--folder <folder>', 'where checkpoints are kept', 'tinker-checkpoints')
    .option('--model-name <name>', 'what clients call the base model; default: its name on the hub, or its type')
    .addHelpText('after', () => help())
    .action(async (flags: ServeFlags) => execute((await import('../commands/serve.js')).serve(flags)));
}

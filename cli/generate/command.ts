import type { Command } from 'commander';
import { trustOption } from '../config/trust-option.js';
import { exampleLines } from '../invocation.js';
import type { GenerateFlags } from './options.js';

const help = (): string => `
Examples:
${exampleLines([
  ['orz-train generate "3+4+5"', 'the model that the newest run saved, in the template of that run'],
  ['orz-train generate "3+4+5" --run-dir runs/mine --samples 4'],
  [
    'orz-train generate --model Qwen/Qwen2.5-0.5B "The capital of France is" --temperature 0',
    'a model of the hub continues a text; it is downloaded once',
  ],
  [
    'orz-train generate --model ./folder --chat --system "Be brief." "Why is the sky blue?"',
    'an instruction-tuned model from a folder, through its chat template',
  ],
  ['echo "Once upon a time" | orz-train generate --model ./folder --max-tokens 50 --stop "\\n"'],
  [
    'orz-train generate --model ./folder "1, 2, 3," --temperature 0.7 --top-p 0.9 --seed 1 --json',
    'token ids and log-probabilities as JSON',
  ],
  ['orz-train generate --model ./folder "Hi" --backend onnx --set backend.provider=cpu'],
])}

The text goes to stdout, everything else to stderr. Gated models need HF_TOKEN; HF_HUB_OFFLINE=1 uses the cache alone.`;

const collect = (value: string, previous: readonly string[] = []): readonly string[] => [...previous, value];

/** Adds `generate` to the command line; `execute` waits for the command and keeps its exit code. */
export function addGenerateCommand(program: Command, execute: (work: Promise<number>) => Promise<void>): void {
  program
    .command('generate')
    .description('ask a model: one that a run has saved, a folder, or one of the hub')
    .argument('[prompt]', 'what to ask; - or nothing reads it from standard input')
    .option('--run-dir <folder>', 'the run whose model is asked; default: the newest below runs/')
    .option('--model <folder or name>', 'any other model: a folder in Hugging Face form, or owner/name on the hub')
    .option('--revision <name>', 'branch, tag or commit of a model of the hub')
    .option('--raw', 'continue the text as it is (the default with --model)')
    .option('--chat', 'put the text into the chat template of the model, as a message of the user')
    .option('--system <text>', 'system message of the chat')
    .option('--samples <number>', 'how many responses (default: 1)')
    .option('--temperature <number>', '0 takes the most probable token; default: as in the run, or 1')
    .option(
      '--top-p <number>',
      'sample only from the most probable tokens that together have this probability; ' +
        'default: as in the run, or 1 (off)',
    )
    .option('--top-k <number>', 'sample only from this many most probable tokens; default: as in the run, or 0 (off)')
    .option('--max-tokens <number>', 'maximum length of a response; default: as in the run, or 256')
    .option(
      '--stop <text>',
      String.raw`end the response at this text (\n and \t are understood); may be repeated`,
      collect,
    )
    .option('--seed <number>', 'another seed gives other responses')
    .option('--backend <type>', 'what computes: onnx, reference, … (see the command plugins)')
    .option('--set <path=value>', 'change a setting, for example backend.provider=cpu; may be repeated', collect)
    .option(...trustOption)
    .option('--json', 'print as JSON, with token ids and log-probabilities')
    .addHelpText('after', () => help())
    .action(async (prompt: string | undefined, flags: GenerateFlags) =>
      execute((await import('../commands/generate.js')).generate(prompt, flags)),
    );
}

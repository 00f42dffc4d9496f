import type { Command } from 'commander';
import { badCombination, badValue } from '../errors.js';

/** Flags of a model at a server as typed. */
export interface ServedFlags {
  readonly url?: string;
  readonly api?: string;
  readonly servedModel?: string;
  readonly system?: string;
  readonly concurrency?: string;
  readonly requestTimeout?: string;
  readonly apiKeyEnv?: string;
}

export const servedExamples = [
  ['orz-train evaluate gsm8k --url http://127.0.0.1:8000/v1', 'a model at a server of vLLM, llama.cpp or the like'],
] as const;

/** Adds the flags to `orz-train evaluate`. */
export function addServedOptions(command: Command): Command {
  return command
    .option('--url <address>', 'a model at a server of the OpenAI API: vLLM, SGLang, llama.cpp, Ollama, transformers')
    .option('--api <name>', 'with --url: chat, or completions with --template orz; default: chat')
    .option('--served-model <name>', 'with --url: which of its models; default: the only one')
    .option('--system <text>', 'with --url: message of the system; default: none')
    .option('--concurrency <number>', 'with --url: requests that are open at once; default: 8')
    .option('--request-timeout <seconds>', 'with --url: the longest a response may take; default: by its length')
    .option('--api-key-env <name>', 'with --url: environment variable with the API key; default: no key is sent');
}

const servedOnly = {
  api: '--api',
  servedModel: '--served-model',
  system: '--system',
  concurrency: '--concurrency',
  requestTimeout: '--request-timeout',
  apiKeyEnv: '--api-key-env',
} as const satisfies Partial<Record<keyof ServedFlags, string>>;

/** Flags of `orz-train evaluate` that say which model of this machine is meant. */
interface LocalFlags {
  readonly runDir?: string;
  readonly checkpoint?: string;
  readonly model?: string;
  readonly revision?: string;
  readonly backend?: string;
  readonly template?: string;
  readonly chat?: boolean;
}

const localOnly = {
  runDir: '--run-dir',
  checkpoint: '--checkpoint',
  model: '--model',
  revision: '--revision',
  backend: '--backend',
} as const satisfies Partial<Record<keyof LocalFlags, string>>;

/** Throws ORZ_USAGE for flags that contradict or need each other. */
export function refuseServedContradictions(flags: ServedFlags & LocalFlags): void {
  if (flags.url === undefined) {
    for (const [key, flag] of Object.entries(servedOnly))
      if (flags[key as keyof typeof servedOnly] !== undefined)
        throw badCombination(`${flag} needs --url`, 'Add --url, for example: --url http://127.0.0.1:8000/v1');
    return;
  }
  for (const [key, flag] of Object.entries(localOnly))
    if (flags[key as keyof typeof localOnly] !== undefined)
      throw badCombination(`--url and ${flag} exclude each other`, `Leave out one of the two.`);
  const api = apiOf(flags);
  if (api === 'completions' && (flags.chat === true || flags.system !== undefined))
    throw badCombination(
      '--api completions has no messages',
      'Leave out --chat and --system, or choose the API with messages.',
    );
  const needed = api === 'chat' ? 'chat' : undefined;
  if (needed !== undefined && flags.template !== undefined && flags.template !== needed)
    throw badCombination(
      `--template ${flags.template} is text, and --api chat sends messages`,
      `Add --api completions, or leave out --template.`,
    );
}

/** Throws ORZ_USAGE for anything else than the two. */
export function apiOf({ api = 'chat' }: ServedFlags): 'chat' | 'completions' {
  if (api === 'chat' || api === 'completions') return api;
  throw badValue('--api', api, 'chat or completions', 'completions');
}

const defaultConcurrency = 8;

/** Throws ORZ_USAGE for what is no number that will do. */
export function concurrencyOf({ concurrency }: ServedFlags): number {
  if (concurrency === undefined) return defaultConcurrency;
  const value = Number(concurrency);
  if (Number.isInteger(value) && value >= 1 && value <= 1024) return value;
  throw badValue('--concurrency', concurrency, 'a whole number from 1 to 1024', '16');
}

/** Milliseconds, or undefined for the default. Throws ORZ_USAGE for what is no number that will do. */
export function deadlineOf({ requestTimeout }: ServedFlags): number | undefined {
  if (requestTimeout === undefined) return undefined;
  const seconds = Number(requestTimeout);
  if (seconds >= 1 && seconds <= 86_400) return seconds * 1000;
  throw badValue('--request-timeout', requestTimeout, 'seconds, from 1 to 86400', '600');
}

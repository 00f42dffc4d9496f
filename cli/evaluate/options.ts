import type { BenchmarkFlags } from './benchmark-flags.js';
import { badCombination, badValue } from './errors.js';
import { refuseServedContradictions, type ServedFlags } from './served/options.js';

/** Flags of `orz-train evaluate` as typed. */
export interface EvaluateFlags extends ServedFlags {
  readonly runDir?: string;
  readonly checkpoint?: string;
  readonly model?: string;
  readonly revision?: string;
  readonly template?: string;
  readonly chat?: boolean;
  readonly samples?: string;
  readonly temperature?: string;
  readonly topP?: string;
  readonly maxTokens?: string;
  readonly limit?: string;
  readonly seed?: string;
  readonly backend?: string;
  readonly set?: readonly string[];
  /** False where configuration files are ignored. */
  readonly config?: string | false;
  readonly trustPlugins?: boolean;
  readonly out?: string;
  readonly json?: boolean;
}

/** What a flag with a number takes. */
interface NumberRule {
  readonly flag: string;
  /** Setting of a benchmark that it stands for. */
  readonly setting: keyof BenchmarkFlags;
  readonly isValid: (value: number) => boolean;
  readonly allowed: string;
  readonly example: string;
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 1;
const mostSamples = 10_000;
const count = 'a whole number, at least 1';

const numericFlags = {
  samples: {
    flag: '--samples',
    setting: 'samples',
    isValid: (value) => isCount(value) && value <= mostSamples,
    allowed: `a whole number from 1 to ${mostSamples}`,
    example: '16',
  },
  temperature: {
    flag: '--temperature',
    setting: 'temperature',
    isValid: (value) => value >= 0 && value <= 5,
    allowed: 'a number from 0 to 5; 0 takes the most probable token',
    example: '0.6',
  },
  topP: {
    flag: '--top-p',
    setting: 'topP',
    isValid: (value) => value > 0 && value <= 1,
    allowed: 'a number above 0, at most 1; 1 is off',
    example: '0.95',
  },
  maxTokens: { flag: '--max-tokens', setting: 'maxResponseTokens', isValid: isCount, allowed: count, example: '2048' },
  limit: { flag: '--limit', setting: 'limit', isValid: isCount, allowed: count, example: '100' },
} as const satisfies Partial<Record<keyof EvaluateFlags, NumberRule>>;

/** The flags that stand for settings of benchmarks, by the names of these. Throws ORZ_USAGE for a wrong value. */
export function benchmarkFlags(flags: EvaluateFlags): BenchmarkFlags {
  const settings: { -readonly [Key in keyof BenchmarkFlags]: BenchmarkFlags[Key] } = {};
  for (const [key, rule] of Object.entries(numericFlags)) {
    const text = flags[key as keyof typeof numericFlags];
    if (text !== undefined) settings[rule.setting] = parseNumber(text, rule);
  }
  return settings;
}

function parseNumber(text: string, { flag, isValid, allowed, example }: NumberRule): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (Number.isFinite(value) && isValid(value)) return value;
  throw badValue(flag, text, allowed, example);
}

/** Throws ORZ_USAGE for flags that contradict or need each other. */
export function refuseContradictions(flags: EvaluateFlags): void {
  const { runDir, model, url, revision, checkpoint, chat, template, config } = flags;
  const rules: readonly [broken: boolean, message: string, remedy: string][] = [
    [
      runDir !== undefined && model !== undefined,
      '--run-dir and --model exclude each other',
      'Evaluate the model of a run with --run-dir, or any other with --model.',
    ],
    [
      revision !== undefined && model === undefined,
      '--revision needs --model',
      'Add --model, for example: --model owner/name --revision main',
    ],
    [
      checkpoint !== undefined && model !== undefined,
      '--checkpoint needs a run',
      'Name the run with --run-dir in place of --model.',
    ],
    [
      chat === true && template !== undefined,
      '--chat and --template exclude each other',
      'Use --chat for the chat template of the model, or --template for another one.',
    ],
    [
      typeof config === 'string' && model === undefined && url === undefined,
      'a run has its own configuration, in place of --config',
      `Leave out --config, or add plugins with: --set 'plugins=["./mine.ts"]'`,
    ],
  ];
  const broken = rules.find(([isBroken]) => isBroken);
  if (broken) throw badCombination(broken[1], broken[2]);
  refuseServedContradictions(flags);
}

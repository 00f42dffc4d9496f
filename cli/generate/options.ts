import { badCombination, badValue, emptyStop } from './errors.js';

/** Flags of `orz-train generate` as typed. */
export interface GenerateFlags {
  readonly runDir?: string;
  readonly model?: string;
  readonly revision?: string;
  readonly raw?: boolean;
  readonly chat?: boolean;
  readonly system?: string;
  readonly samples?: string;
  readonly temperature?: string;
  readonly topP?: string;
  readonly topK?: string;
  readonly maxTokens?: string;
  readonly stop?: readonly string[];
  readonly seed?: string;
  readonly backend?: string;
  readonly set?: readonly string[];
  readonly trustPlugins?: boolean;
  readonly json?: boolean;
}

/**
 * How a prompt becomes what the model continues: the text itself, inside the template of the run, or as a message of a
 * chat.
 */
export type PromptForm =
  { readonly kind: 'raw' } | { readonly kind: 'template' } | { readonly kind: 'chat'; readonly system?: string };

/** Checked flags; what is absent is as in the run, or the default for a model. */
export interface GenerateOptions {
  readonly form: PromptForm;
  readonly samples: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly maxTokens?: number;
  readonly stop: readonly string[];
}

/** Throws ORZ_USAGE for a flag whose value is wrong, and for flags that contradict each other. */
export function parseOptions(flags: GenerateFlags): GenerateOptions {
  refuseContradictions(flags);
  const numbers = Object.entries(numericFlags).flatMap(([key, rule]) => {
    const value = parseNumber(flags[key as NumericFlag], rule);
    return value === undefined ? [] : [[key, value] as const];
  });
  return { form: formOf(flags), samples: 1, ...Object.fromEntries(numbers), stop: (flags.stop ?? []).map(stopText) };
}

/** Throws ORZ_USAGE for a number that the flag of that name would refuse. */
export function checkNumbers(numbers: Readonly<Partial<Record<NumericFlag, number>>>): void {
  for (const [key, { flag, isValid, allowed, example }] of Object.entries(numericFlags)) {
    const value = numbers[key as NumericFlag];
    if (value !== undefined && !isValid(value)) throw badValue(flag, String(value), allowed, example);
  }
}

/** What a flag with a number takes. */
interface NumberRule {
  readonly flag: string;
  readonly isValid: (value: number) => boolean;
  readonly allowed: string;
  readonly example: string;
}

/** All are drawn at once and kept until the end. */
const maxSamples = 10_000;

type NumericFlag = 'samples' | 'temperature' | 'topP' | 'topK' | 'maxTokens';

const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1;

const numericFlags: Readonly<Record<NumericFlag, NumberRule>> = {
  samples: {
    flag: '--samples',
    isValid: (value) => isCount(value) && value <= maxSamples,
    allowed: `a whole number from 1 to ${maxSamples}`,
    example: '4',
  },
  temperature: {
    flag: '--temperature',
    isValid: (value) => value >= 0,
    allowed: 'a number, at least 0; 0 takes the most probable token',
    example: '0.7',
  },
  topP: {
    flag: '--top-p',
    isValid: (value) => value > 0 && value <= 1,
    allowed: 'a number above 0, at most 1; 1 is off',
    example: '0.9',
  },
  topK: {
    flag: '--top-k',
    isValid: (value) => Number.isInteger(value) && value >= 0,
    allowed: 'a whole number; 0 is off',
    example: '50',
  },
  maxTokens: { flag: '--max-tokens', isValid: isCount, allowed: 'a whole number, at least 1', example: '200' },
};

function parseNumber(text: string | undefined, { flag, isValid, allowed, example }: NumberRule): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? NaN : Number(text);
  if (Number.isFinite(value) && isValid(value)) return value;
  throw badValue(flag, text, allowed, example);
}

/**
 * Without `--raw` or `--chat`, a run's model gets the template it was trained with, any other model the text as it is.
 */
function formOf({ raw, chat, system, model }: GenerateFlags): PromptForm {
  if (chat === true) return { kind: 'chat', ...(system === undefined ? {} : { system }) };
  return { kind: raw === true || model !== undefined ? 'raw' : 'template' };
}

function refuseContradictions({ runDir, model, revision, raw, chat, system }: GenerateFlags): void {
  const rules: readonly [broken: boolean, message: string, remedy: string][] = [
    [
      runDir !== undefined && model !== undefined,
      '--run-dir and --model exclude each other',
      'Ask the model of a run with --run-dir, or any other with --model.',
    ],
    [
      raw === true && chat === true,
      '--raw and --chat exclude each other',
      'Give the text as it is with --raw, or as a message with --chat.',
    ],
    [
      revision !== undefined && model === undefined,
      '--revision needs --model',
      'Add --model, for example: --model owner/name --revision main',
    ],
    [
      system !== undefined && chat !== true,
      '--system needs --chat',
      'Add --chat, for example: --chat --system "Be brief."',
    ],
  ];
  const broken = rules.find(([isBroken]) => isBroken);
  if (broken) throw badCombination(broken[1], broken[2]);
}

/** A shell passes `\n` as two characters, and a line break is what most people want to stop at. */
function stopText(text: string): string {
  if (text === '') throw emptyStop();
  return text.replaceAll('\\n', '\n').replaceAll('\\t', '\t');
}

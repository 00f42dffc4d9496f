import { OrzError } from '../../core/errors.js';

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
  readonly json?: boolean;
}

/** How a prompt becomes what the model continues: the text itself, inside the template of the run, or as a message of a chat. */
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
  refuseTogether(flags);
  const given = <K extends string>(key: K, value: number | undefined) =>
    value === undefined ? {} : ({ [key]: value } as Record<K, number>);
  return {
    form: formOf(flags),
    samples: number('--samples', flags.samples, isCount, 'a whole number, at least 1', '4') ?? 1,
    ...given(
      'temperature',
      number(
        '--temperature',
        flags.temperature,
        (n) => n >= 0,
        'a number, at least 0; 0 takes the most probable token',
        '0.7',
      ),
    ),
    ...given(
      'topP',
      number('--top-p', flags.topP, (n) => n > 0 && n <= 1, 'a number above 0, at most 1; 1 is off', '0.9'),
    ),
    ...given(
      'topK',
      number('--top-k', flags.topK, (n) => Number.isInteger(n) && n >= 0, 'a whole number; 0 is off', '50'),
    ),
    ...given('maxTokens', number('--max-tokens', flags.maxTokens, isCount, 'a whole number, at least 1', '200')),
    stop: (flags.stop ?? []).map(stopText),
  };
}

const isCount = (n: number): boolean => Number.isInteger(n) && n >= 1;

/** Without `--raw` or `--chat`, a run's model gets the template it was trained with, any other model the text as it is. */
function formOf({ raw, chat, system, model }: GenerateFlags): PromptForm {
  if (chat === true) return { kind: 'chat', ...(system === undefined ? {} : { system }) };
  return { kind: raw === true || model !== undefined ? 'raw' : 'template' };
}

function refuseTogether({ runDir, model, revision, raw, chat, system }: GenerateFlags): void {
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
      'For example: --model owner/name --revision main',
    ],
    [system !== undefined && chat !== true, '--system needs --chat', 'For example: --chat --system "Be brief."'],
  ];
  const broken = rules.find(([isBroken]) => isBroken);
  if (broken) throw new OrzError('ORZ_USAGE', broken[1], { origin: 'command line', remedy: broken[2] });
}

function number(
  flag: string,
  text: string | undefined,
  fits: (n: number) => boolean,
  allowed: string,
  example: string,
): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? NaN : Number(text);
  if (Number.isFinite(value) && fits(value)) return value;
  throw new OrzError('ORZ_USAGE', `${flag} cannot be '${text}'`, {
    value: text,
    allowed,
    origin: flag,
    remedy: `For example: ${flag} ${example}`,
  });
}

/** A shell passes `\n` as two characters, and a line break is what most people want to stop at. */
function stopText(text: string): string {
  if (text !== '') return text.replaceAll('\\n', '\n').replaceAll('\\t', '\t');
  throw new OrzError('ORZ_USAGE', '--stop cannot be empty', {
    value: text,
    allowed: 'a text of at least one character',
    origin: '--stop',
    remedy: String.raw`For example: --stop "\n\n"`,
  });
}

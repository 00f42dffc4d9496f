import { OrzError } from '../../core/errors.js';

/** Flags that contradict or need each other; `message` says which. */
export function badCombination(message: string, remedy: string): OrzError {
  return new OrzError('ORZ_USAGE', message, { origin: 'command line', remedy });
}

/** The value of a flag is not what it takes. */
export function badValue(flag: string, text: string, allowed: string, example: string): OrzError {
  return new OrzError('ORZ_USAGE', `${flag} cannot be '${text}'`, {
    value: text,
    allowed,
    origin: flag,
    remedy: `Correct it, for example: ${flag} ${example}`,
  });
}

/** `--stop` with an empty text. */
export function emptyStop(): OrzError {
  return new OrzError('ORZ_USAGE', '--stop cannot be empty', {
    value: '',
    allowed: 'a text of at least one character',
    origin: '--stop',
    remedy: String.raw`Give a text, for example: --stop "\n\n"`,
  });
}

/** Neither an argument nor standard input holds a prompt. */
export function noPrompt(): OrzError {
  return new OrzError('ORZ_USAGE', '`generate` needs a prompt', {
    origin: 'command line',
    allowed: 'a text, or - to read it from standard input',
    remedy: 'Give one, for example: orz-train generate "3+4+5". See: orz-train generate --help',
  });
}

/** Standard input is not UTF-8. */
export function notText(encoding: string | undefined, cause?: unknown): OrzError {
  const is = encoding === undefined ? 'not UTF-8 text' : `${encoding}, not UTF-8`;
  return new OrzError('ORZ_USAGE', `Standard input is ${is}`, {
    origin: 'standard input',
    remedy: 'Convert it first, for example with iconv -t UTF-8.',
    ...(cause !== undefined && { cause }),
  });
}

/** The prompt has no token, and the model has no begin token. */
export function emptyPrompt(): OrzError {
  return new OrzError('ORZ_USAGE', 'The prompt is empty, and this model has no token to begin with', {
    origin: 'command line',
    remedy: 'Give at least one character.',
  });
}

/** Prompt and response together exceed what the model was built for; numbers are tokens. */
export function promptTooLong(positions: number, promptTokens: number, maxTokens: number | undefined): OrzError {
  const response = maxTokens === undefined ? '' : `, the response up to ${maxTokens}`;
  return new OrzError(
    'ORZ_PROMPT_TOO_LONG',
    `The prompt has ${promptTokens} tokens${response}; the model has ${positions} positions`,
    {
      value: promptTokens,
      allowed: `${positions} together`,
      origin: 'command line',
      remedy: 'Shorten the prompt or lower --max-tokens.',
    },
  );
}

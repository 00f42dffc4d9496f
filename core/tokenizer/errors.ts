import { OrzError } from '../errors.js';

/** What went wrong in the template: `reason` continues "The chat template". */
export function templateFailed(reason: string, origin: string, cause?: unknown): OrzError {
  return new OrzError('ORZ_TOKENIZER', `The chat template ${reason}`, {
    origin,
    remedy: 'Check the messages; if the template itself is at fault, correct it or use a prompt without it.',
    ...(cause !== undefined && { cause }),
  });
}

export const noChatTemplate = (): OrzError =>
  new OrzError('ORZ_TOKENIZER', 'This model has no chat template', {
    origin: 'tokenizer_config.json, chat_template',
    remedy:
      'Use an instruction-tuned model, which has one; ' +
      'or prompt this model without: train with template=orz, generate without --chat.',
  });

/** The model's chat template printed a prompt without a message that it was given; `role` is whose. */
export const messageLeftOut = (role: string, content: string, prompt: string): OrzError =>
  new OrzError('ORZ_TOKENIZER', `The chat template of the model leaves out the message of the ${role}`, {
    value: prompt.slice(0, 200),
    allowed: `a prompt that contains: ${content.slice(0, 200)}`,
    origin: 'chat template of the model',
    remedy:
      role === 'system'
        ? 'Leave out the system message (template.system, or --system), and say in the prompt what it says.'
        : 'Use a model whose chat template prints the messages, or do without it: train with template=orz, ' +
          'generate without --chat.',
  });

/** A `tokenizer_config.json` of another form; `key` is the first that is wrong, if one is. */
export const invalidTokenizerConfig = (key: string | undefined): OrzError =>
  new OrzError('ORZ_TOKENIZER', 'The settings in tokenizer_config.json are malformed', {
    origin: 'tokenizer_config.json',
    value: key,
    remedy: 'Use the file that was published with the model.',
  });

/** A part of a `tokenizer.json` that is missing, wrong or not supported. */
export const invalidDefinition = (message: string, origin: string, value?: unknown): OrzError =>
  new OrzError('ORZ_TOKENIZER', message, {
    origin,
    ...(value !== undefined && { value }),
    remedy: 'Use a tokenizer.json as Hugging Face tokenizers write it.',
  });

/** A definition that the tokenizer library refuses. */
export function unusableDefinition(origin: string, cause: unknown): OrzError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new OrzError('ORZ_TOKENIZER', `This tokenizer cannot be built: ${reason}`, {
    origin,
    cause,
    remedy: 'Use the tokenizer.json that was published with the model, whole and unchanged.',
  });
}

/** A begin or end token that the vocabulary does not have; `size` is the number of its ids. */
export const unknownToken = (token: number | string, size: number, origin: string): OrzError =>
  new OrzError('ORZ_TOKENIZER', 'A begin or end token is not in the tokenizer', {
    value: token,
    origin,
    allowed: `an id from 0 to ${size - 1} or the exact content of a token`,
    remedy: 'Check that tokenizer and model configuration belong together.',
  });

/** A text with characters that have no tokens. */
export const unencodableText = (characters: readonly string[], origin: string): OrzError =>
  new OrzError('ORZ_TOKENIZER', 'The text has characters that this tokenizer cannot encode', {
    value: characters,
    origin,
    remedy: 'Change the text or the template, or choose a model whose tokenizer covers them.',
  });

export const invalidTokenId = (id: number, position: number): OrzError =>
  new OrzError('ORZ_TOKENIZER', 'A token id is not a whole number from 0 up', {
    value: id,
    origin: `position ${position}`,
    remedy: 'Pass token ids as the tokenizer or the sampler gave them.',
  });

/** A table of llama2.c that is damaged at piece `piece`, which begins at byte `at`. */
export const damagedTable = (origin: string, piece: number, at: number): OrzError =>
  new OrzError(
    'ORZ_TOKENIZER',
    `${origin} is not a tokenizer of llama2.c: piece ${piece} at byte ${at} is damaged or truncated`,
    { value: at, origin, remedy: 'Use the file that was published with the model, or give a tokenizer.json.' },
  );

/** An empty stop string, which would end every text at once. */
export const emptyStopString = (stops: readonly string[]): OrzError =>
  new OrzError('ORZ_CONFIG_INVALID', 'A stop string is empty', {
    value: stops,
    allowed: 'texts of at least one character',
    origin: 'stop strings',
    remedy: 'Remove the empty one.',
  });

export const streamEnded = (): OrzError =>
  new OrzError('ORZ_INTERNAL', 'A text stream was fed after its end', {
    remedy: 'Report it with the message and the command you ran.',
  });

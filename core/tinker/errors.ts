import { OrzError } from '../errors.js';

/** Errors about messages of the Tinker API that cannot be read. Callers throw what these return. */

/** For bytes that are not the protobuf message they should be. */
export function notMessage(name: string, cause: unknown): OrzError {
  const reason = cause instanceof Error ? `: ${cause.message}` : '';
  return new OrzError('ORZ_SERVER', `The bytes cannot be read as the protobuf message ${name}${reason}`, {
    origin: name,
    remedy: 'Check that both sides speak the Tinker API of the SDK 0.25, and that nothing between them changes it.',
    cause,
  });
}

/** For an int64 that cannot be a token id. */
export function tokenOutOfRange(): OrzError {
  return new OrzError('ORZ_SERVER', 'A tensor of int64 holds a number that is no token id', {
    allowed: 'numbers of 32 bits',
    remedy: 'Send token ids as they come from the tokenizer.',
  });
}

/** For a tensor that is sparse or of another type. */
export function tensorUnsupported(name: string, type: number): OrzError {
  return new OrzError('ORZ_SERVER', `The tensor ${name} is not a dense array of float32 or int64`, {
    value: type,
    allowed: 'DType 1 (float32) to 4 (bfloat16)',
    origin: name,
    remedy: 'Send dense float32 or int64.',
  });
}

/** For a part of a model input that is no text. */
export function chunkUnsupported(): OrzError {
  return new OrzError('ORZ_SERVER', 'A model input has a chunk that is no text', {
    allowed: 'chunks of type encoded_text',
    remedy: 'Send token ids only.',
  });
}

/** For JSON that lacks fields a message must have. */
export function notShaped(name: string, problem: string): OrzError {
  return new OrzError('ORZ_SERVER', `The JSON cannot be read as ${name}: ${problem}`, {
    origin: name,
    remedy: 'Check that both sides speak the Tinker API, and that nothing between them changes it.',
  });
}

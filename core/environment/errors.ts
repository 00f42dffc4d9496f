import type { Problem } from '../contracts/data.js';
import { OrzError } from '../errors.js';

/** The platform steps no environments. */
export const environmentUnsupported = (type: string): OrzError =>
  new OrzError('ORZ_CAPABILITY', `The environment "${type}" cannot be executed here`, {
    value: type,
    allowed: 'none, or an environment that this page brings with it',
    origin: 'environment',
    remedy: 'Set environment=none, or train with orz-train on Node.',
  });

/** What an environment wrote cannot be turned into tokens of the model; `from` names the plugin. */
export const observationNotTokenizable = ({ id }: Problem, from: string, cause: Error): OrzError =>
  new OrzError(
    'ORZ_ENVIRONMENT',
    `${from} answered problem "${id}" with what the model has no tokens for: ${cause.message}`,
    {
      origin: from,
      remedy: 'Correct the environment: its observations must be text that the tokenizer knows, or ids of the model.',
      cause,
    },
  );

/** An observation holds an id that the model does not have. */
export const observationToken = (
  { id }: Problem,
  from: string,
  [token, vocabSize]: readonly [number, number],
): OrzError =>
  new OrzError('ORZ_ENVIRONMENT', `${from} answered problem "${id}" with the token ${token}`, {
    value: token,
    allowed: `0 to ${vocabSize - 1}`,
    origin: from,
    remedy: 'Correct the environment: the model has no such token.',
  });

/** The observation before the first turn leaves the policy no token. */
export const noRoomForTurns = ({ id }: Problem, from: string, [length, limit]: readonly [number, number]): OrzError =>
  new OrzError(
    'ORZ_ENVIRONMENT',
    `${from} begins problem "${id}" with ${length} tokens, which leave none to the policy`,
    {
      value: length,
      allowed: `fewer than maxResponseTokens (${limit})`,
      origin: from,
      remedy: 'Raise maxResponseTokens, or let the environment say less.',
    },
  );

/** There are not enough numbers to give every turn randomness of its own. */
export const tooManyTurns = (responses: number, maxTurns: number): OrzError =>
  new OrzError(
    'ORZ_CONFIG_INVALID',
    `${responses} responses of ${maxTurns} turns have no random numbers of their own`,
    {
      value: responses * maxTurns,
      allowed: 'fewer than 2^31 responses times turns',
      origin: 'maxTurns of the environment',
      remedy: 'Lower maxTurns, rolloutBatchSize or samplesPerPrompt.',
    },
  );

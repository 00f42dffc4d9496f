import { originOfPart } from '../../boundary/part.js';
import type { Loss } from '../../contracts/loss.js';
import type { Optimizer } from '../../contracts/optimizer.js';
import { OrzError } from '../../errors.js';
import type { ModelRole, NamedTensor } from '../../contracts/model.js';
import type { SampleRequest } from '../../contracts/sampler.js';
import { formatShape, type Shape } from '../tensor/types.js';

/** Errors of the local engine. Callers throw what these return. */

const sameTokenizer = 'Use the tokenizer that the model was trained with.';
const anyOf = (names: Iterable<string>): string[] => [...names].slice(0, 12);

export const vocabularyTooSmall = (tokenizer: number, model: number): OrzError =>
  new OrzError('ORZ_TOKENIZER', `The tokenizer has ${tokenizer} ids, the model only ${model}`, {
    value: tokenizer,
    allowed: `at most ${model}`,
    remedy: sameTokenizer,
  });

// Sequences to score or to train on

export const splitOutOfRange = (sequence: number, promptLength: number, length: number): OrzError =>
  new OrzError('ORZ_INTERNAL', `Sequence ${sequence} has a prompt of ${promptLength} of its ${length} tokens`, {
    allowed: 'at least one prompt and one response token',
  });

export const segmentsMismatch = (sequence: number, length: number, responseTokens: number): OrzError =>
  new OrzError(
    'ORZ_INTERNAL',
    `Sequence ${sequence} has segments of ${length} of its ${responseTokens} response tokens`,
    {
      allowed: 'segments of at least one token each that add up to the response, one or more of them from the policy',
    },
  );

export const sequenceTooLong = (sequence: number, length: number, maxPositions: number): OrzError =>
  new OrzError(
    'ORZ_PROMPT_TOO_LONG',
    `Sequence ${sequence} has ${length} tokens, the model has ${maxPositions} positions`,
    { remedy: 'Lower maxPromptTokens or maxResponseTokens.' },
  );

export const sequenceToken = (sequence: number, id: number, vocabSize: number): OrzError =>
  new OrzError('ORZ_TOKENIZER', `Sequence ${sequence} has the token id ${id}`, {
    value: id,
    allowed: `0 … ${vocabSize - 1}`,
    remedy: sameTokenizer,
  });

export const valueCount = (sequence: number, count: number, policyTokens: number): OrzError =>
  new OrzError('ORZ_INTERNAL', `Sequence ${sequence} has ${count} values for ${policyTokens} tokens of the policy`, {
    allowed: 'one value per token of the policy',
  });

// Requests to the sampler

export const emptyPrompt = (request: number): OrzError =>
  new OrzError('ORZ_INTERNAL', `Request ${request} has an empty prompt`, { allowed: 'at least one token' });

export const requestTooLong = (
  request: number,
  { promptTokens, settings }: SampleRequest,
  maxPositions: number,
): OrzError =>
  new OrzError(
    'ORZ_PROMPT_TOO_LONG',
    `Request ${request} has ${promptTokens.length} prompt tokens and allows ${settings.maxResponseTokens} ` +
      'response tokens',
    { allowed: `${maxPositions} positions together`, remedy: 'Shorten the prompt or lower maxResponseTokens.' },
  );

export const randomKeyTooLong = (request: number, key: readonly number[]): OrzError =>
  new OrzError('ORZ_INTERNAL', `Request ${request} has a random key of ${key.length} integers`, {
    value: key,
    allowed: 'at most 2',
  });

export const promptToken = (request: number, id: number, vocabSize: number): OrzError =>
  new OrzError('ORZ_TOKENIZER', `The prompt of request ${request} has the token id ${id}`, {
    value: id,
    allowed: `0 … ${vocabSize - 1}`,
    remedy: sameTokenizer,
  });

export const foreignPolicy = (): OrzError =>
  new OrzError('ORZ_CAPABILITY', 'The local sampler takes weights only from a model of the local engine', {
    allowed: 'the policy of an engine made by createLocalEngine',
  });

export const noWeights = (): OrzError =>
  new OrzError('ORZ_STALE_WEIGHTS', 'The sampler has no weights yet', { remedy: 'Call sampler.sync(policy) first.' });

export const staleWeights = (sampler: number, policy: number): OrzError =>
  new OrzError('ORZ_STALE_WEIGHTS', `The sampler has weight version ${sampler}, the policy is at ${policy}`, {
    value: sampler,
    allowed: String(policy),
    remedy: 'Call sampler.sync(policy) after every optimizer step.',
  });

// Numbers that are not finite

export const sampledLogprob = (
  logprob: number,
  at: { readonly request: number; readonly sample: number; readonly token: number },
): OrzError =>
  new OrzError(
    'ORZ_NOT_FINITE',
    `The sampler's log-probability is ${logprob} at response token ${at.token} of request ${at.request}, ` +
      `sample ${at.sample}`,
    {
      value: logprob,
      origin: 'policy logits while sampling',
      remedy: 'The weights are damaged; go back to the last checkpoint.',
    },
  );

export const lossNotFinite = (loss: Loss, role: ModelRole, value: number, sequences: readonly number[]): OrzError =>
  new OrzError('ORZ_NOT_FINITE', `The loss "${loss.name}" of the ${role} is ${value}`, {
    value,
    location: { tensor: `${role} loss` },
    origin: `${originOfPart(loss, 'the loss')}, sequences ${sequences.slice(0, 8).join(', ')} …`,
    remedy: 'No parameter was changed; lower the learning rate, or examine these sequences.',
  });

/** A score or a loss input is not finite; `value` is that of `token` in `sequence`. */
export const tokenValueNotFinite = (
  name: string,
  role: ModelRole,
  { value, sequence, token }: { readonly value: number; readonly sequence: number; readonly token: number },
): OrzError =>
  new OrzError(
    'ORZ_NOT_FINITE',
    `"${name}" of the ${role} is ${value} at response token ${token} of sequence ${sequence}`,
    {
      value,
      origin: `${role} model, tensor ${name}`,
      location: { tensor: `${role} ${name}`, sample: sequence, token },
      remedy: 'No parameter was changed; continue from the last checkpoint.',
    },
  );

export const gradientNotFinite = (tensor: string, squares: number): OrzError =>
  new OrzError(
    'ORZ_NOT_FINITE',
    `The gradient of ${tensor} is not finite (Σ g² = ${squares}); no parameter was changed`,
    {
      value: squares,
      origin: 'optimizer step',
      location: { tensor },
      remedy: 'Lower the learning rate, or examine the last batch.',
    },
  );

/** A tensor that is loaded has an element that is not finite; `kind` is what the tensor is, capitalised. */
export const loadedNotFinite = (kind: string, { name, data }: NamedTensor, element: number): OrzError =>
  new OrzError('ORZ_NOT_FINITE', `${kind} "${name}" is ${data[element]} at element ${element}`, {
    value: String(data[element]),
    origin: name,
    remedy: 'The checkpoint is damaged; load another.',
  });

// Weights, optimizer state and gradients

export const unexpectedWeight = (name: string, open: Iterable<string>): OrzError =>
  new OrzError('ORZ_WEIGHTS', `The weight "${name}" is not part of this model, or came twice`, {
    value: name,
    allowed: anyOf(open),
  });

export const weightShape = (name: string, shape: Shape, expected: Shape): OrzError =>
  new OrzError('ORZ_WEIGHTS', `The weight "${name}" has shape ${formatShape(shape)}`, {
    allowed: formatShape(expected),
  });

export const missingWeight = (name: string, shape: Shape): OrzError =>
  new OrzError('ORZ_WEIGHTS', `The weight "${name}" is missing`, { allowed: `shape ${formatShape(shape)}` });

export const unexpectedState = (name: string, shape: Shape, open: Iterable<string>): OrzError =>
  new OrzError(
    'ORZ_CHECKPOINT',
    `The optimizer state "${name}" of shape ${formatShape(shape)} does not fit this model, or came twice`,
    { allowed: anyOf(open) },
  );

export const missingState = (name: string): OrzError =>
  new OrzError('ORZ_CHECKPOINT', `The optimizer state "${name}" is missing`, {
    remedy: 'The checkpoint is incomplete, or was made with another optimizer; load another.',
  });

export const frozenModel = (): OrzError => new OrzError('ORZ_INTERNAL', 'The reference model is frozen');

/** A step with an optimizer whose state is not that of the model's own. */
export const otherOptimizerState = (optimizer: Optimizer, state: readonly string[]): OrzError =>
  new OrzError('ORZ_INTERNAL', `The optimizer "${optimizer.name}" keeps other state than the one of the model`, {
    value: optimizer.state,
    allowed: state,
  });

export const noGradients = (): OrzError =>
  new OrzError('ORZ_INTERNAL', 'step() was called before any gradient was accumulated');

// Losses

/** A loss reads what its model does not compute, for example the entropy of a critic. */
export const lossOutputMissing = (loss: string, name: string, available: readonly string[]): OrzError =>
  new OrzError('ORZ_CAPABILITY', `The loss "${loss}" reads "${name}", which its model does not compute`, {
    value: name,
    allowed: available,
    remedy: 'Use the loss with the other model (policy or critic).',
  });

/** A loss reads a number that it does not have among its own. */
export const noSuchControl = (loss: string, name: string, known: readonly string[]): OrzError =>
  new OrzError('ORZ_CAPABILITY', `The loss "${loss}" reads a control "${name}", which it does not have`, {
    value: name,
    allowed: known,
    remedy: 'Give it a start in the `controls` of the loss.',
  });

/** A loss reads an input that the batch does not have, for example reference log-probabilities. */
export const lossInputMissing = (loss: string, name: string, origin?: string): OrzError =>
  new OrzError('ORZ_CAPABILITY', `The loss "${loss}" reads "${name}", which this run does not compute`, {
    value: name,
    ...(origin !== undefined && { origin }),
    remedy:
      'Use a loss that does without it, or configure what produces it ' +
      '(refLogprobs: a KL plugin; oldValues: an advantage with a critic).',
  });

/** A term of a loss, or one of its metrics, is not a scalar. */
export const lossShape = (loss: string, term: string, shape: Shape): OrzError =>
  new OrzError('ORZ_GRAPH_SHAPE', `The term "${term}" of the loss "${loss}" has shape ${formatShape(shape)}`, {
    allowed: 'a scalar',
    remedy: 'Return sum(mul(t.weights, lossPerToken)).',
  });

// Internal invariants

/** Something the engine looks up by name is not there; `kind` says what, capitalised. */
export const notFound = (kind: string, name: string, known: Iterable<string>): OrzError =>
  new OrzError('ORZ_INTERNAL', `${kind} "${name}" does not exist`, { value: name, allowed: anyOf(known) });

/** No gradient flows to a parameter or a block input. */
export const noGradientFlow = (name: string): OrzError =>
  new OrzError('ORZ_INTERNAL', `No gradient flows to "${name}"`, { value: name });

/** A program that should return f32 values returned integers. */
export const notFloats = (): OrzError => new OrzError('ORZ_INTERNAL', 'A program returned integers instead of floats');

import type { StateReference } from '../../core/contracts/engine.js';
import type { ModelRole } from '../../core/contracts/model.js';
import { OrzError } from '../../core/errors.js';

/** The errors of an engine at a server of the Tinker API, besides those of the transport. */

const serverFault = 'Look into the log of the server, or use another version of it.';

export const scoresMissing = (name: string, sequence: number, got: number, expected: number): OrzError =>
  new OrzError(
    'ORZ_SERVER',
    `The server gives ${got} ${name} for the ${expected} response tokens of sequence ${sequence}`,
    {
      value: got,
      allowed: `at least ${expected}`,
      origin: 'engine',
      remedy: serverFault,
    },
  );

export const logprobsMissing = (
  { request, sample }: { readonly request: number; readonly sample: number },
  tokens: number,
  logprobs: number,
): OrzError =>
  new OrzError(
    'ORZ_SERVER',
    `Sample ${sample} of request ${request} has ${logprobs} log-probabilities for ${tokens} tokens`,
    {
      value: logprobs,
      allowed: String(tokens),
      origin: 'sampler',
      remedy: serverFault,
    },
  );

/** A norm that is none: the gradient was not finite. SkyRL on FSDP has skipped the step. */
export const gradientNotFinite = (role: ModelRole, norm: number | null | undefined): OrzError =>
  new OrzError('ORZ_NOT_FINITE', `The gradient of the ${role} is not finite, says the server`, {
    value: String(norm),
    origin: `${role} gradient`,
    location: { tensor: `${role} gradient` },
    remedy: 'Lower the learning rate, or look at the responses of the iteration in its failure record.',
  });

/** A server that averages needs everything of a step at once. */
export const stepPending = (server: string, role: ModelRole): OrzError =>
  new OrzError(
    'ORZ_CAPABILITY',
    `${server} averages over a step of the ${role}, whose sequences must come in one call`,
    {
      allowed: 'one accumulate per step',
      origin: 'engine',
      remedy: 'Let the updater accumulate once per step, or use another server.',
    },
  );

export const criticScaleTooSmall = (scale: number, needed: number): OrzError =>
  new OrzError('ORZ_CONFIG_INVALID', `With engine.criticScale ${scale} the server would change the critic's loss`, {
    value: scale,
    allowed: `at least ${Math.ceil(needed)}, so that the weights of each sequence add up to at most 1`,
    origin: 'engine.criticScale',
    remedy: `Raise engine.criticScale, and start the server with the files that orz-train cluster writes for it.`,
  });

export const referenceWithout = (role: string, reference: StateReference): OrzError =>
  new OrzError('ORZ_CHECKPOINT', `The checkpoint names no ${role}`, {
    value: reference,
    allowed: 'a path of each trained model',
    origin: 'engine.json',
    remedy: 'Use another checkpoint of the run.',
  });

/** What the server is, must be known before anything is sent to it. */
export const serverNotKnown = (url: string): OrzError =>
  new OrzError('ORZ_CAPABILITY', `What ${url} is cannot be recognised`, {
    value: 'auto',
    allowed: 'orz, skyrl-fsdp, skyrl-jax, hosted',
    origin: 'engine.server',
    remedy: 'Name it: engine.server=skyrl-fsdp.',
  });

import { OrzError } from '../../../core/errors.js';

/** Errors of a model at a server. An API key is in none of them. */

const goOn = 'Answers that came are kept: run the same command again to go on.';
const maxShown = 300;
const mostNames = 12;

/** For an address that is none, or that says what it must not. */
export const badAddress = (shown: string, problem: string): OrzError =>
  new OrzError('ORZ_USAGE', `The address of the server ${problem}`, {
    value: shown,
    allowed: 'an address such as http://127.0.0.1:8000/v1',
    origin: '--url',
    remedy: 'Give protocol, host, port and the path before /chat/completions, and nothing secret.',
  });

/** For an environment variable that is to hold the key and does not. */
export const keyMissing = (variable: string): OrzError =>
  new OrzError('ORZ_USAGE', `There is no API key in the environment variable ${variable}`, {
    value: variable,
    origin: '--api-key-env',
    remedy: `Set ${variable}, or leave --api-key-env out for a server that needs no key.`,
  });

/** For a key that no header can hold; it is not shown. */
export const badKey = (variable: string): OrzError =>
  new OrzError('ORZ_USAGE', `The key in ${variable} holds characters that cannot be sent`, {
    allowed: 'visible ASCII characters',
    origin: variable,
    remedy: 'Set it again, without a line break or spaces.',
  });

/** For a key that would cross a network in the clear. */
export const keyUnprotected = (url: string): OrzError =>
  new OrzError('ORZ_USAGE', 'The API key would travel unprotected', {
    value: url,
    allowed: 'https, or http to this machine',
    origin: '--url',
    remedy: 'Use https, leave out the key, or reach the server through an SSH tunnel to this machine.',
  });

/** For a server with another number of models than one, where none was chosen. */
export function modelNotChosen(url: string, names: readonly string[]): OrzError {
  const message =
    names.length === 0 ? 'The server lists no model' : `The server lists ${names.length} models, and none was chosen`;
  return new OrzError('ORZ_USAGE', message, {
    ...(names.length > 0 && { allowed: names.slice(0, mostNames).map(shortened) }),
    origin: url,
    remedy: 'Name the model with --served-model.',
  });
}

/** For a setting of the chat template that a server applies itself. */
export const notForMessages = (setting: string, value: unknown): OrzError =>
  new OrzError('ORZ_USAGE', `${setting} is for a chat template here, and the server applies its own`, {
    value,
    origin: setting,
    remedy: `Leave ${setting} out, and set it where the server is started.`,
  });

/** What a request was for, and what is known of the server, for errors. */
export interface Asked {
  /** Address of the server. */
  readonly url: string;
  /** The request in words: `question 12, sample 3`. */
  readonly what: string;
  /** Name of the model at the server; undefined where the request is for no model. */
  readonly model: string | undefined;
  /** Environment variable that holds the key that was sent; undefined where none was. */
  readonly keyVariable: string | undefined;
}

/** For an answer that is a refusal; `names` are the models of the server where that may help. */
export function refused(asked: Asked, status: number, said: string, names: readonly string[] = []): OrzError {
  return new OrzError('ORZ_SERVER', `The server refuses ${asked.what}: ${status} ${shortened(said)}`, {
    value: status,
    ...(names.length > 0 && { allowed: names.slice(0, mostNames).map(shortened) }),
    origin: asked.url,
    remedy: `${remedyOf(asked, status)} ${goOn}`,
  });
}

function remedyOf({ model, keyVariable }: Asked, status: number): string {
  switch (status) {
    case 401:
    case 403:
      return keyVariable === undefined
        ? 'Name the environment variable that holds your key with --api-key-env.'
        : `Set ${keyVariable} to a key that this server accepts.`;
    case 404:
    case 405:
      return model === undefined
        ? 'Check --url.'
        : `Check --url, --api, and whether the server has the model '${shortened(model)}' (--served-model).`;
    case 400:
    case 413:
    case 422:
      return 'Check that prompt and response fit the context of the server, or lower the response limit.';
    default:
      return 'Look into the log of the server.';
  }
}

/** For a redirect: following it could send the key elsewhere. */
export const redirected = ({ url, what }: Asked, location: string): OrzError =>
  new OrzError('ORZ_SERVER', `The server redirects ${what} to ${shortened(location)}, which is not followed`, {
    value: shortened(location),
    origin: url,
    remedy: 'Give the final address of the server with --url.',
  });

/** For a request that failed every time. */
export const unreachable = ({ url, what }: Asked, attempts: number, reason: string, cause?: unknown): OrzError =>
  new OrzError('ORZ_SERVER_UNREACHABLE', `No success with ${what} in ${attempts} attempts: ${shortened(reason)}`, {
    origin: url,
    remedy: `Check that the server runs and can be reached. ${goOn}`,
    ...(cause !== undefined && { cause }),
  });

/** For requests that failed every time while others succeeded; `first` is what became of the first of them. */
export const someUnanswered = (url: string, count: number, first: OrzError): OrzError =>
  new OrzError('ORZ_SERVER_UNREACHABLE', `${counted(count)} could not be had; the first: ${first.message}`, {
    value: count,
    origin: url,
    remedy: `All others came. Look into the log of the server. ${goOn}`,
    cause: first,
  });

const counted = (count: number): string => (count === 1 ? '1 response' : `${count} responses`);

/** On one line, not too long, and without control characters: the texts of a server may hold anything. */
export function shortened(text: string): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.length > maxShown ? `${line.slice(0, maxShown)}…` : line || 'no reason given';
}

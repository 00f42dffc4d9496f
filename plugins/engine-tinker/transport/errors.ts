import { isOrzError, OrzError } from '../../../core/errors.js';
import { keyVariables } from './key-variables.js';

/** Errors of the connection to a server of the Tinker API. Callers throw what these return. The key is in none. */

const resume = 'Resume the run: it continues from its last checkpoint.';
const maxShown = 500;

/** For an address that is no web address. */
export const badAddress = (url: string, problem: string): OrzError =>
  new OrzError('ORZ_CONFIG_INVALID', `The server's address ${problem}`, {
    value: url,
    allowed: 'an address such as http://127.0.0.1:8000',
    remedy: 'Give protocol, host and port, and nothing secret.',
  });

/** For a key that cannot be sent in a header; it is not shown. */
export const badKey = (variable: string): OrzError =>
  new OrzError('ORZ_USAGE', `The key in ${variable} holds characters that cannot be sent`, {
    allowed: 'visible ASCII characters',
    origin: variable,
    remedy: 'Set it again, without a line break or spaces.',
  });

/** What was asked of the server, for errors. */
export interface Asked {
  /** Address of the server. */
  readonly server: string;
  /** The request in words: `forward_backward of model_1 (request 12)`. */
  readonly what: string;
}

/** For an answer that is a refusal. */
export function refused({ server, what }: Asked, status: number, detail: string): OrzError {
  return new OrzError('ORZ_SERVER', `The server refuses ${what}: ${status} ${shortened(detail)}`, {
    value: status,
    origin: server,
    remedy: remedyOf(status),
  });
}

function remedyOf(status: number): string {
  switch (status) {
    case 401:
    case 403:
      return `Set ${keyVariables.join(' or ')} to a key that this server accepts.`;
    case 402:
      return 'Settle the account with whoever runs the server, then resume the run.';
    case 404:
    case 405:
      return 'Check the address: is it a server of the Tinker API, without the path /api/v1?';
    case 413:
      return 'Lower maxChunkBytes, or raise the limit of the server or of the proxy before it.';
    case 415:
    case 422:
      return 'Use a server whose Tinker API is that of the SDK 0.25, such as SkyRL 0.4.';
    default:
      return 'Look into the log of the server.';
  }
}

/** For a redirect: following it would send the key elsewhere. */
export const redirected = ({ server, what }: Asked, location: string): OrzError =>
  new OrzError('ORZ_SERVER', `The server redirects ${what} to ${shortened(location)}, which is not followed`, {
    value: location,
    origin: server,
    remedy: 'Give the final address of the server.',
  });

/** For no answer, or none but temporary failures, during all the time that was allowed. */
export const unreachable = ({ server, what }: Asked, seconds: number, reason: string, cause?: unknown): OrzError =>
  new OrzError('ORZ_SERVER_UNREACHABLE', `No success with ${what} within ${seconds} s: ${shortened(reason)}`, {
    origin: server,
    remedy: 'Check that the server runs and can be reached.',
    ...(cause !== undefined && { cause }),
  });

/** For an answer of status 200 that is not what the API says. */
export const unreadable = ({ server, what }: Asked, problem: string, cause?: unknown): OrzError =>
  new OrzError('ORZ_SERVER', `The answer to ${what} cannot be read: ${shortened(problem)}`, {
    origin: server,
    remedy: 'Check that nothing between here and the server changes its answers.',
    ...(cause !== undefined && { cause }),
  });

/** For a request that the server took and that failed there. */
export const failed = ({ server, what }: Asked, detail: string): OrzError =>
  new OrzError('ORZ_SERVER', `The server failed at ${what}: ${shortened(detail)}`, {
    origin: server,
    remedy: 'Look into the log of the server.',
  });

/** For a server that can hold one model of each role, and holds that of another client, or of one that died. */
export const placeTaken = ({ server, what }: Asked, detail: string): OrzError =>
  new OrzError('ORZ_SERVER', `The server has no place for ${what}: ${shortened(detail)}`, {
    origin: server,
    remedy:
      'Another run is there, or a run that was killed has left its models there: wait until the server ends its ' +
      'session (15 minutes with the files of orz-train cluster), or start the server again, then resume the run.',
  });

/** For something that the server knew and no longer knows. */
export const stateLost = ({ server, what }: Asked, detail: string): OrzError =>
  new OrzError('ORZ_SERVER_STATE', `The server has lost what ${what} needs: ${shortened(detail)}`, {
    origin: server,
    remedy: resume,
  });

/** For a session that the server has ended, models included. */
export const sessionEnded = ({ server, what }: Asked, detail: string): OrzError =>
  new OrzError('ORZ_SERVER_STATE', `The server has ended ${what}: ${shortened(detail)}`, {
    origin: server,
    remedy: resume,
  });

/** For a sequence number that the server knows with another body. */
export const sequenceReused = ({ server, what }: Asked): OrzError =>
  new OrzError('ORZ_SERVER_STATE', `Somebody else uses the model of ${what}: its sequence number was taken`, {
    origin: server,
    remedy: `Let only one run use a model. ${resume}`,
  });

/** For a step whose results are fewer or other than what was sent. */
export const resultsMissing = ({ server, what }: Asked, got: number, expected: number): OrzError =>
  new OrzError('ORZ_SERVER', `The server gives ${got} results for the ${expected} data of ${what}`, {
    value: got,
    allowed: String(expected),
    origin: server,
    remedy: 'Look into the log of the server.',
  });

/** For a request without data, whose result would never come. */
export const nothingToSend = (what: string): OrzError =>
  new OrzError('ORZ_INTERNAL', `There is nothing to send for ${what}`, {
    allowed: 'at least one sequence',
    remedy: 'Report it with the message and the command you ran.',
  });

/** For a sequence that is larger than a request may be. */
export const datumTooLarge = (index: number, bytes: number, limit: number): OrzError =>
  new OrzError('ORZ_SERVER', `Sequence ${index} takes ${bytes} bytes, and a request may have ${limit}`, {
    value: bytes,
    allowed: `at most ${limit}`,
    remedy: 'Raise maxChunkBytes, or lower maxResponseTokens.',
  });

/** For a request whose answer gets lost every time. */
export const answersLost = ({ server, what }: Asked): OrzError =>
  new OrzError('ORZ_SERVER_UNREACHABLE', `The answers to ${what} get lost again and again`, {
    origin: server,
    remedy: 'Repair the connection, then resume the run.',
  });

/** For a step after a call that failed: nothing clears the gradient, and nobody knows what it holds. */
export const gradientUnknown = ({ server, what }: Asked): OrzError =>
  new OrzError('ORZ_SERVER_STATE', `A call failed that had begun to change the gradient, so ${what} is not taken`, {
    origin: server,
    remedy: resume,
  });

export const isStateLost = (error: unknown): boolean => isOrzError(error) && error.code === 'ORZ_SERVER_STATE';

/** For a reference to a checkpoint that is none. */
export const badCheckpointPath = (path: string): OrzError =>
  new OrzError('ORZ_CHECKPOINT', `'${path}' is no checkpoint of a server`, {
    value: path,
    allowed: 'tinker://MODEL/weights/NAME',
    remedy: 'Use another checkpoint of the run.',
  });

/** On one line and not too long. */
function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > maxShown ? `${line.slice(0, maxShown)}…` : line || 'no reason given';
}

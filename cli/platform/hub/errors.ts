import { OrzError } from '../../../core/errors.js';
import { pageOf, type HubSettings, type HubTarget, type Repository, type Subject } from './target.js';

const maxShownMessage = 300;

/** The hub answered, and the answer is no. Its own words are shown, shortened; the token never is. */
export function refused(target: HubTarget, { status, headers }: Pick<Response, 'status' | 'headers'>): OrzError {
  const said = headers.get('x-error-message')?.slice(0, maxShownMessage);
  const { message, remedy } = explainRefusal(target, status, headers.get('x-error-code') ?? '');
  return new OrzError('ORZ_HUB', said === undefined ? message : `${message}; the hub says: ${said}`, {
    value: status,
    origin: pageOf(target.settings.endpoint, target.subject),
    remedy,
  });
}

interface Explanation {
  readonly message: string;
  readonly remedy: string;
}

function explainRefusal(target: HubTarget, status: number, code: string): Explanation {
  const { settings, subject } = target;
  if (code === 'GatedRepo') return gated(target);
  if (code === 'RevisionNotFound') return unknownRevision(target);
  if (code === 'EntryNotFound' || (status === 404 && subject.file !== undefined)) return unknownFile(target);
  const hidden = status === 401 && settings.token === undefined;
  if (code === 'RepoNotFound' || status === 404 || hidden) return unknownRepository(target);
  if (status === 401) return badToken(target);
  if (status === 403) return forbidden(target);
  return {
    message: `The hub answers ${status} for ${subject.file ?? `the ${subject.type} ${subject.name}`}`,
    remedy: `See ${pageOf(settings.endpoint, subject)}.`,
  };
}

function gated({ settings, subject }: HubTarget): Explanation {
  const accept = `Open ${pageOf(settings.endpoint, subject)} and accept the licence`;
  return {
    message: `The ${subject.type} ${subject.name} is gated: its licence must be accepted first`,
    remedy:
      settings.token === undefined
        ? `${accept}, then ${setToken(settings)}.`
        : `${accept}; HF_TOKEN must belong to the account that accepted it.`,
  };
}

function unknownRevision({ settings, subject }: HubTarget): Explanation {
  const page = pageOf(settings.endpoint, subject);
  return {
    message: `The ${subject.type} ${subject.name} has no revision '${subject.revision}'`,
    remedy: `Choose a branch, tag or commit listed on ${page}/tree/main, or leave the revision out.`,
  };
}

function unknownFile({ settings, subject }: HubTarget): Explanation {
  const { type, name, file = '', revision } = subject;
  return {
    message: `The ${type} ${name} has no file ${file} at revision '${revision}'`,
    remedy: `See ${pageOf(settings.endpoint, subject)}/tree/main for what it holds.`,
  };
}

function unknownRepository({ settings, subject: { type, name } }: HubTarget): Explanation {
  const noFolder = type === 'model' ? ` (there is no folder ${name} here either)` : '';
  const ifPrivate =
    settings.token === undefined
      ? `for a private one, ${setToken(settings)}`
      : 'for a private one, HF_TOKEN must have the right to read it';
  return {
    message: `There is no ${type} ${name} on the hub, or it is private`,
    remedy: `Check the name${noFolder}; ${ifPrivate}. ${useLocalFiles(type)}`,
  };
}

function badToken({ settings, subject }: HubTarget): Explanation {
  return {
    message: `The hub does not accept the token for the ${subject.type} ${subject.name}`,
    remedy: `The token is wrong or has expired: ${setToken(settings)}, or unset it for public repositories.`,
  };
}

function forbidden({ settings, subject }: HubTarget): Explanation {
  return {
    message: `The hub refuses access to the ${subject.type} ${subject.name}`,
    remedy:
      settings.token === undefined
        ? `It may need an account: ${setToken(settings)}.`
        : `Give the token the right to read ${subject.name}, or use another.`,
  };
}

const setToken = ({ endpoint }: HubSettings): string => `set HF_TOKEN to a token from ${endpoint}/settings/tokens`;

/** The hub could not be asked, or kept failing. The cause is shown; it holds no header. */
export function unreachable({ settings, subject }: HubTarget, reason: string, cause?: unknown): OrzError {
  return new OrzError('ORZ_HUB_UNREACHABLE', `Cannot get ${described(subject)} from ${settings.endpoint}: ${reason}`, {
    value: subject.name,
    origin: settings.endpoint,
    remedy: `Check the connection, or name a mirror with HF_ENDPOINT. ${useLocalFiles(subject.type, subject.name)}`,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Offline, and the cache does not hold it. */
export function notCached({ settings, subject }: HubTarget): OrzError {
  const what = `${described(subject)} (revision ${subject.revision})`;
  return new OrzError('ORZ_HUB_UNREACHABLE', `${what} is not in the cache, and HF_HUB_OFFLINE is set`, {
    value: subject.name,
    origin: settings.cache,
    remedy: `Unset HF_HUB_OFFLINE to download it. ${useLocalFiles(subject.type, subject.name)}`,
  });
}

const described = ({ name, file }: Subject): string => (file === undefined ? name : `${file} of ${name}`);

/** What the hub sent, and what was expected of it. */
export interface InvalidAnswer {
  readonly message: string;
  readonly found: unknown;
  readonly allowed: string;
}

/** The hub, or something in between, does not follow the protocol or damages files. */
export function invalidAnswer({ settings, subject }: HubTarget, { message, found, allowed }: InvalidAnswer): OrzError {
  return new OrzError('ORZ_HUB', message, {
    value: found,
    allowed,
    origin: pageOf(settings.endpoint, subject),
    remedy: 'Try again; if it persists, the hub, a mirror or a proxy in between changes what it delivers.',
  });
}

function useLocalFiles(type: Repository['type'], name = 'NAME'): string {
  if (type === 'model')
    return (
      `Or download the folder elsewhere (hf download ${name} --local-dir FOLDER) ` +
      `and name it: --set model.path=FOLDER, or generate --model FOLDER`
    );
  return (
    `Or download the files elsewhere (hf download ${name} --repo-type dataset --local-dir FOLDER) ` +
    'and name them by their path.'
  );
}

/** The name becomes part of paths and addresses, so it must be one that a hub could have. */
export function invalidRepositoryName({ type, name }: Repository): OrzError {
  return new OrzError('ORZ_HUB', `'${name}' cannot be the name of a ${type} on the hub`, {
    value: name,
    allowed: 'owner/name of letters, digits, -, _ and .',
    remedy:
      type === 'model'
        ? 'Give a name such as Qwen/Qwen2.5-0.5B, or a local folder as ./FOLDER.'
        : 'Copy the name from the page of the dataset.',
  });
}

/** The revision becomes part of paths and addresses, too. */
export function invalidRevision({ name, revision }: Repository): OrzError {
  return new OrzError('ORZ_HUB', `'${revision}' cannot be a revision of ${name}`, {
    value: revision,
    allowed: 'a branch, a tag or a commit',
    remedy: 'Leave the revision out for the main branch.',
  });
}

/** A token that no HTTP header could carry; it is not shown. */
export function invalidToken(origin: string): OrzError {
  return new OrzError('ORZ_HUB', 'The hub token holds characters that no token has', {
    origin,
    allowed: 'one word of ASCII characters',
    remedy: 'Copy the token again, whole and without quotes or line breaks.',
  });
}

/** `shown` is undefined where the address holds a password. */
export function invalidEndpoint(shown: string | undefined): OrzError {
  return new OrzError('ORZ_HUB', 'The hub endpoint is not a web address', {
    ...(shown === undefined ? {} : { value: shown }),
    origin: 'HF_ENDPOINT',
    allowed: 'for example https://huggingface.co',
    remedy: 'Correct HF_ENDPOINT, or unset it to use the Hugging Face hub.',
  });
}

/** The download is larger than the free space, both in bytes. */
export function diskTooSmall(folder: string, needed: number, free: number): OrzError {
  const gb = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  return new OrzError('ORZ_INSUFFICIENT', `The download needs ${gb(needed)}, the disk has ${gb(free)} left`, {
    value: gb(needed),
    allowed: gb(free),
    origin: folder,
    remedy: 'Free some space, or set HF_HUB_CACHE to a folder elsewhere.',
  });
}

/** A system call on the cache failed. */
export function cannotWriteCache(file: string, cause: NodeJS.ErrnoException): OrzError {
  return new OrzError('ORZ_STORAGE', `Cannot write ${file}: ${cause.message}`, {
    value: cause.code,
    origin: file,
    cause,
    remedy:
      cause.code === 'ENOSPC'
        ? 'The disk is full: free some space, or set HF_HUB_CACHE to a folder elsewhere.'
        : 'Give yourself the right to write there, or set HF_HUB_CACHE to another folder.',
  });
}

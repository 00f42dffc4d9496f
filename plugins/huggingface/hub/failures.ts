import { OrzError } from '../../../core/errors.js';
import { pageOf, type Repository } from './repository.js';
import type { HubSettings } from './settings.js';

/** What was asked for when something went wrong. */
export interface Subject extends Repository {
  readonly file?: string;
}

const longestMessage = 300;

/** The hub answered, and the answer is no. Its own words are shown, shortened; the token never is. */
export function refusal(settings: HubSettings, subject: Subject, status: number, headers: Headers): OrzError {
  const code = headers.get('x-error-code') ?? '';
  const said = headers.get('x-error-message')?.slice(0, longestMessage);
  const { message, remedy } = explain(settings, subject, status, code);
  return new OrzError('ORZ_HUB', said === undefined ? message : `${message}; the hub says: ${said}`, {
    value: status,
    origin: pageOf(settings.endpoint, subject),
    remedy,
  });
}

interface Explanation {
  readonly message: string;
  readonly remedy: string;
}

function explain(settings: HubSettings, subject: Subject, status: number, code: string): Explanation {
  const { type, name, revision, file } = subject;
  const page = pageOf(settings.endpoint, subject);
  const login = `set HF_TOKEN to a token from ${settings.endpoint}/settings/tokens`;
  if (code === 'GatedRepo') {
    return {
      message: `The ${type} ${name} is gated: its licence must be accepted first`,
      remedy: `Open ${page} and accept the licence${settings.token === undefined ? `, then ${login}` : '; HF_TOKEN must belong to the account that accepted it'}.`,
    };
  }
  if (code === 'RevisionNotFound')
    return {
      message: `The ${type} ${name} has no revision '${revision}'`,
      remedy: `Choose a branch, tag or commit listed on ${page}/tree/main, or leave the revision out.`,
    };
  if (code === 'EntryNotFound' || (status === 404 && file !== undefined))
    return {
      message: `The ${type} ${name} has no file ${file ?? ''} at revision '${revision}'`,
      remedy: `See ${page}/tree/main for what it holds.`,
    };
  if (code === 'RepoNotFound' || status === 404 || (status === 401 && settings.token === undefined)) {
    return {
      message: `There is no ${type} ${name} on the hub, or it is private`,
      remedy: `Check the name${type === 'model' ? ` (there is no folder ${name} here either)` : ''}${settings.token === undefined ? `; for a private one, ${login}` : '; for a private one, HF_TOKEN must have the right to read it'}. ${localRemedy(type)}`,
    };
  }
  if (status === 401)
    return {
      message: `The hub does not accept the token for the ${type} ${name}`,
      remedy: `The token is wrong or has expired: ${login}, or unset it for what is public.`,
    };
  if (status === 403)
    return {
      message: `The hub refuses access to the ${type} ${name}`,
      remedy:
        settings.token === undefined
          ? `It may need an account: ${login}.`
          : `Give the token the right to read ${name}, or use another.`,
    };
  return { message: `The hub answers ${status} for ${file ?? `the ${type} ${name}`}`, remedy: `See ${page}.` };
}

/** The hub could not be asked, or kept failing. The cause is shown; it holds no header. */
export function unreachable(settings: HubSettings, subject: Subject, reason: string, cause?: unknown): OrzError {
  return new OrzError(
    'ORZ_HUB_UNREACHABLE',
    `Cannot get ${subject.file === undefined ? '' : `${subject.file} of `}${subject.name} from ${settings.endpoint}: ${reason}`,
    {
      value: subject.name,
      origin: settings.endpoint,
      remedy: `Check the connection, or name a mirror with HF_ENDPOINT. ${localRemedy(subject.type, subject.name)}`,
      ...(cause === undefined ? {} : { cause }),
    },
  );
}

/** Offline, and the cache does not hold it. */
export function notCached(settings: HubSettings, subject: Subject): OrzError {
  return new OrzError(
    'ORZ_HUB_UNREACHABLE',
    `${subject.file === undefined ? '' : `${subject.file} of `}${subject.name} (revision ${subject.revision}) is not in the cache, and HF_HUB_OFFLINE is set`,
    {
      value: subject.name,
      origin: settings.cache,
      remedy: `Unset HF_HUB_OFFLINE to download it. ${localRemedy(subject.type, subject.name)}`,
    },
  );
}

/** What a server that does not keep to the protocol, or damages files, is told apart by. */
export function untrustworthy(
  settings: HubSettings,
  subject: Subject,
  message: string,
  found: unknown,
  allowed: string,
): OrzError {
  return new OrzError('ORZ_HUB', message, {
    value: found,
    allowed,
    origin: pageOf(settings.endpoint, subject),
    remedy: 'Try again; if it persists, the hub, a mirror or a proxy in between changes what it delivers.',
  });
}

function localRemedy(type: Repository['type'], name = 'NAME'): string {
  if (type === 'dataset')
    return `Files fetched elsewhere (hf download ${name} --repo-type dataset --local-dir FOLDER) can be named by their path instead.`;
  return `A folder fetched elsewhere (hf download ${name} --local-dir FOLDER) works as well: --set model.path=FOLDER, or generate --model FOLDER`;
}

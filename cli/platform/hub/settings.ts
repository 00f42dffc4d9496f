import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { invalidEndpoint, invalidToken } from './errors.js';
import type { HubLimits, HubSettings } from './target.js';

const defaultLimits: HubLimits = {
  idleTimeoutMs: 30_000,
  minBytesPerSecond: 5000,
  rateWindowMs: 30_000,
  listingMs: 300_000,
  retryDelayMs: 500,
  maxRetryDelayMs: 60_000,
};

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Settings from environment variables and from the token file that `hf auth login` writes. Throws ORZ_HUB for an
 * endpoint or token that cannot be used.
 */
export function hubSettings(env: Environment): HubSettings {
  const home = expand(set(env, 'HF_HOME') ?? join(set(env, 'XDG_CACHE_HOME') ?? '~/.cache', 'huggingface'));
  const token = readToken(env, home);
  return {
    endpoint: checkEndpoint(set(env, 'HF_ENDPOINT') ?? 'https://huggingface.co'),
    ...(token === undefined ? {} : { token }),
    cache: expand(set(env, 'HF_HUB_CACHE') ?? set(env, 'HUGGINGFACE_HUB_CACHE') ?? join(home, 'hub')),
    offline: isTrue(env, 'HF_HUB_OFFLINE'),
    limits: defaultLimits,
  };
}

const set = (env: Environment, name: string): string | undefined => env[name]?.trim() || undefined;
const isTrue = (env: Environment, name: string): boolean => /^(1|on|yes|true)$/i.test(set(env, name) ?? '');
const expand = (path: string): string =>
  path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;

function readToken(env: Environment, home: string): string | undefined {
  if (isTrue(env, 'HF_HUB_DISABLE_IMPLICIT_TOKEN')) return undefined;
  const stated = set(env, 'HF_TOKEN') ?? set(env, 'HUGGING_FACE_HUB_TOKEN');
  const file = expand(set(env, 'HF_TOKEN_PATH') ?? join(home, 'token'));
  const token = stated ?? readFile(file);
  // A header refuses such a token with a message that would print it.
  if (token === undefined || /^[\x21-\x7e]+$/.test(token)) return token;
  throw invalidToken(stated === undefined ? file : 'HF_TOKEN');
}

function readFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch {
    return undefined; // Nobody has logged in on this machine.
  }
}

function checkEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.username === '' && url.search === '' && url.hash === '')
    return text.replace(/\/+$/, '');
  throw invalidEndpoint(url?.username ? undefined : text);
}

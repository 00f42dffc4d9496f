import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import type { ServerResponse } from 'node:http';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RepositoryRequest } from '../../../../core/contracts/platform.js';
import { temporaryFolder } from '../../temporary-folder.js';
import { atEndpoint, isOfHub } from '../../../../cli/platform/hub/endpoint.js';
import { Pace, TooSlow } from '../../../../cli/platform/hub/pace.js';
import { downloadSnapshot, type Snapshot } from '../../../../cli/platform/hub/snapshot.js';
import { hubSettings } from '../../../../cli/platform/hub/settings.js';
import type { HubSettings } from '../../../../cli/platform/hub/target.js';
import {
  commitOf,
  gitId,
  refuse,
  sendFile,
  sendJson,
  sha256,
  startHub,
  type HubServer,
  type ServedRepository,
} from './hub-server.js';

const large = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * 7919) & 255));
const model: ServedRepository = {
  type: 'model',
  name: 'owner/Small-1.0',
  large: ['model.safetensors'],
  files: {
    'config.json': '{"a":1}',
    'tokenizer.json': '{}',
    'model.safetensors': large,
    'pytorch_model.bin': 'not wanted',
    'folder/a b.txt': 'spaces',
  },
};
const wanted = ['config.json', 'tokenizer.json', 'model.safetensors', 'folder/a b.txt'];
const slowest = { minBytesPerSecond: 1, rateWindowMs: 60_000, listingMs: 60_000 };
const limits = { ...slowest, idleTimeoutMs: 60_000, retryDelayMs: 2, maxRetryDelayMs: 1500 };
/** For tests of the limit itself. */
const impatient = { ...limits, idleTimeoutMs: 300 };

interface Fetching extends Partial<RepositoryRequest> {
  readonly endpoint?: string;
  readonly limits?: HubSettings['limits'];
  readonly token?: string;
  readonly offline?: boolean;
  readonly cache?: string;
}

function settingsFor(hub: HubServer, options: Fetching): HubSettings {
  const { token, offline = false, cache = temporaryFolder(), endpoint = hub.endpoint } = options;
  return { endpoint, ...(token === undefined ? {} : { token }), cache, offline, limits: options.limits ?? limits };
}

const logged: string[] = [];
const progress: [string, number, string, number[]][] = [];
const events = {
  phase: (name: string, total: number, unit: string) => {
    const entry: [string, number, string, number[]] = [name, total, unit, []];
    progress.push(entry);
    return {
      progress: (done: number) => {
        entry[3].push(done);
      },
      end: () => undefined,
    };
  },
  log: (_: string, message: string) => {
    logged.push(message);
  },
};

const fetchFrom = (hub: HubServer, options: Fetching = {}): Promise<Snapshot> => {
  logged.length = 0;
  progress.length = 0;
  const { token: _token, offline: _offline, cache: _cache, endpoint: _endpoint, limits: _limits, ...request } = options;
  return downloadSnapshot(
    {
      type: 'model',
      name: model.name,
      select: (paths) => paths.filter((path) => wanted.includes(path)),
      events,
      ...request,
    },
    settingsFor(hub, options),
  );
};

const partials = (cache: string): string[] =>
  readdirSync(cache, { recursive: true, encoding: 'utf8' }).filter((name) => /partial|tmp/.test(name));

describe('a snapshot', () => {
  it('has the selected files and no other, in the layout of the Python client', async () => {
    const hub = await startHub(model);
    const cache = temporaryFolder();
    const { folder, commit, files, available, fromCache } = await fetchFrom(hub, { cache });
    expect([commit, fromCache, files, available]).toEqual([
      commitOf(model),
      false,
      expect.arrayContaining(wanted),
      Object.keys(model.files),
    ]);
    expect(folder).toBe(join(cache, 'models--owner--Small-1.0', 'snapshots', commit));
    for (const path of wanted)
      expect(readFileSync(join(folder, path)).equals(Buffer.from(model.files[path]!))).toBe(true);
    expect(existsSync(join(folder, 'pytorch_model.bin'))).toBe(false);
    expect(readlinkSync(join(folder, 'model.safetensors'))).toBe(join('..', '..', 'blobs', sha256(large)));
    expect(readlinkSync(join(folder, 'folder', 'a b.txt'))).toBe(
      join('..', '..', '..', 'blobs', gitId(Buffer.from('spaces'))),
    );
    expect(readFileSync(join(cache, 'models--owner--Small-1.0', 'refs', 'main'), 'utf8')).toBe(commit);
    expect(partials(cache)).toEqual([]);
  });

  it('reports the progress of each file in a unit that fits', async () => {
    const hub = await startHub(model);
    await fetchFrom(hub);
    const [, total, unit, done] = progress.find(([name]) => name === 'model.safetensors')!;
    expect([total, unit, done[0], done.at(-1)]).toEqual([3000, 'kB', 0, 3000]);
    expect(progress.map(([name]) => name)).toHaveLength(4);
  });

  it('is fetched once: afterwards only the listing is asked for', async () => {
    const hub = await startHub(model);
    const cache = temporaryFolder();
    await fetchFrom(hub, { cache });
    hub.requests.length = 0;
    await fetchFrom(hub, { cache });
    expect(hub.requests.filter(({ path }) => !path.startsWith('/api/'))).toEqual([]);
  });

  it('of a dataset lies beside those of models', async () => {
    const data: ServedRepository = { type: 'dataset', name: 'owner/problems', files: { 'train.jsonl': '{}\n' } };
    const hub = await startHub(model, data);
    const cache = temporaryFolder();
    const { folder } = await fetchFrom(hub, { cache, type: 'dataset', name: data.name, select: (paths) => paths });
    expect(folder).toContain(join(cache, 'datasets--owner--problems', 'snapshots'));
    expect(readFileSync(join(folder, 'train.jsonl'), 'utf8')).toBe('{}\n');
  });

  it('of a revision with a slash keeps its commit under that name', async () => {
    const hub = await startHub(model);
    const cache = temporaryFolder();
    await fetchFrom(hub, { cache, revision: 'refs/pr/1' });
    expect(readFileSync(join(cache, 'models--owner--Small-1.0', 'refs', 'refs', 'pr', '1'), 'utf8')).toBe(
      commitOf(model),
    );
  });

  it('two downloads of one file at the same time both succeed and leave nothing over', async () => {
    const hub = await startHub(model);
    const cache = temporaryFolder();
    await Promise.all([fetchFrom(hub, { cache }), fetchFrom(hub, { cache }), fetchFrom(hub, { cache })]);
    expect(readdirSync(join(cache, 'models--owner--Small-1.0', 'blobs'))).toHaveLength(4);
    expect(partials(cache)).toEqual([]);
  });
});

describe('a broken connection', () => {
  /** Sends `bytes` of each answer of the host of large files, then breaks. */
  const breaking = (hub: HubServer, bytes: number, times: number): void => {
    let left = times;
    hub.misbehave = ({ host, headers }, response, content) => {
      if (host !== 'files' || left-- <= 0) return false;
      const from = Number(/\d+/.exec(headers.range ?? '0')![0]);
      response.writeHead(from > 0 ? 206 : 200, {
        'content-length': content!.length - from,
        'content-range': `bytes ${from}-${content!.length - 1}/${content!.length}`,
      });
      response.write(content!.subarray(from, from + bytes), () => {
        setTimeout(() => {
          response.destroy();
        }, 20);
      });
      return true;
    };
  };
  const ranges = (hub: HubServer): (string | undefined)[] =>
    hub.requests.filter(({ host }) => host === 'files').map(({ headers }) => headers.range);
  /** First byte of each request. How much of an answer arrives before a connection breaks is up to the system. */
  const starts = (hub: HubServer): number[] => ranges(hub).map((range) => Number(/\d+/.exec(range ?? '0')?.[0]));

  it('is resumed where it stopped', async () => {
    const hub = await startHub(model);
    breaking(hub, 1_000_000, 2);
    const { folder } = await fetchFrom(hub);
    expect(readFileSync(join(folder, 'model.safetensors')).equals(large)).toBe(true);
    const [first, second, third, ...more] = starts(hub);
    expect([first, more]).toEqual([0, []]);
    expect(second).toBeLessThanOrEqual(1_000_000);
    expect(third).toBeGreaterThanOrEqual(second!);
    expect(third).toBeLessThanOrEqual(second! + 1_000_000);
  });

  it('that always breaks is ORZ_HUB_UNREACHABLE after five attempts; the next call continues from there', async () => {
    const hub = await startHub(model);
    const cache = temporaryFolder();
    breaking(hub, 100_000, Infinity);
    await expect(fetchFrom(hub, { cache })).rejects.toMatchObject({
      code: 'ORZ_HUB_UNREACHABLE',
      message: expect.stringContaining('model.safetensors'),
    });
    expect(ranges(hub)).toHaveLength(5);
    expect(existsSync(join(cache, 'models--owner--Small-1.0', 'blobs', sha256(large)))).toBe(false);
    const kept = partials(cache).map((name) => statSync(join(cache, name)).size);
    hub.misbehave = () => false;
    hub.requests.length = 0;
    const { folder } = await fetchFrom(hub, { cache });
    expect(starts(hub)).toEqual(kept.length === 0 ? [0] : kept);
    expect(readFileSync(join(folder, 'model.safetensors')).equals(large)).toBe(true);
    expect(partials(cache)).toEqual([]);
  });

  it.each([
    ['a process that was killed', `${hostname()}-4194305-0a0b0c0d`, ['bytes=1000000-']],
    ['a process that is still at work', `${hostname()}-${process.ppid}-0a0b0c0d`, [undefined]],
  ])('of %s: its part of a file is taken over only when it is gone', async (_, owner, expected) => {
    const hub = await startHub(model);
    const cache = temporaryFolder();
    const blobs = join(cache, 'models--owner--Small-1.0', 'blobs');
    mkdirSync(blobs, { recursive: true });
    writeFileSync(join(blobs, `${sha256(large)}.${owner}.orz-partial`), large.subarray(0, 1_000_000));
    await fetchFrom(hub, { cache });
    expect(ranges(hub)).toEqual(expected);
  });

  it('to a server that cannot resume starts the file again', async () => {
    const hub = await startHub(model);
    breaking(hub, 1_000_000, 1);
    const broken = hub.misbehave;
    hub.misbehave = (seen, response, content) => {
      if (broken(seen, response, content)) return true;
      if (seen.host !== 'files') return false;
      sendFile(content!, { headers: {} }, response);
      return true;
    };
    expect(readFileSync(join((await fetchFrom(hub)).folder, 'model.safetensors')).equals(large)).toBe(true);
  });

  it('that stalls in the middle of a file is given up and resumed', async () => {
    const hub = await startHub(model);
    let first = true;
    hub.misbehave = ({ host }, response, content) => {
      if (host !== 'files' || !first) return false;
      first = false;
      response.writeHead(200, { 'content-length': content!.length });
      response.write(content!.subarray(0, 1_500_000));
      return true;
    };
    const { folder } = await fetchFrom(hub, { limits: impatient });
    expect(readFileSync(join(folder, 'model.safetensors')).equals(large)).toBe(true);
    expect(starts(hub).length).toBeGreaterThanOrEqual(2);
    expect(Math.max(...starts(hub))).toBeLessThanOrEqual(1_500_000);
  });

  it('is stopped by an abort, which keeps what came', async () => {
    const hub = await startHub(model);
    const cache = temporaryFolder();
    const controller = new AbortController();
    hub.misbehave = ({ host }, response, content) => {
      if (host !== 'files') return false;
      response.writeHead(200, { 'content-length': content!.length });
      response.write(content!.subarray(0, 1000));
      return true;
    };
    const abortAtFirstBytes = {
      log: () => undefined,
      phase: (name: string) => ({
        progress: (done: number) => {
          if (name === 'model.safetensors' && done > 0) controller.abort(new Error('enough'));
        },
        end: () => undefined,
      }),
    };
    await expect(fetchFrom(hub, { cache, signal: controller.signal, events: abortAtFirstBytes })).rejects.toThrow(
      'enough',
    );
    const kept = join('models--owner--Small-1.0', 'blobs', `${sha256(large)}.orz-partial`);
    // Small files that are fetched at the same time may be cut off as well.
    expect(partials(cache)).toContain(kept);
    const arrived = statSync(join(cache, kept)).size;
    expect(arrived).toBeGreaterThan(0);
    hub.misbehave = () => false;
    await fetchFrom(hub, { cache });
    expect(starts(hub)).toContain(arrived);
    expect(partials(cache)).toEqual([]);
  });
});

describe('content', () => {
  it('with a wrong hash is fetched once more, then refused, and never gets its name', async () => {
    const hub = await startHub(model);
    const cache = temporaryFolder();
    const damaged = Buffer.from(large).fill(0, 5000, 5001);
    hub.misbehave = ({ host, headers }, response) => {
      if (host === 'files') sendFile(damaged, { headers }, response);
      return host === 'files';
    };
    await expect(fetchFrom(hub, { cache })).rejects.toMatchObject({
      code: 'ORZ_HUB',
      details: { value: sha256(damaged), allowed: sha256(large) },
    });
    expect(hub.requests.filter(({ host }) => host === 'files')).toHaveLength(2);
    expect(readdirSync(join(cache, 'models--owner--Small-1.0', 'blobs'))).not.toContain(sha256(large));
    expect(partials(cache)).toEqual([]);
  });

  it('that was damaged on this disk before it was resumed is fetched again', async () => {
    const hub = await startHub(model);
    const cache = temporaryFolder();
    const blobs = join(cache, 'models--owner--Small-1.0', 'blobs');
    mkdirSync(blobs, { recursive: true });
    writeFileSync(join(blobs, `${sha256(large)}.orz-partial`), Buffer.alloc(2_000_000, 3));
    expect(readFileSync(join((await fetchFrom(hub, { cache })).folder, 'model.safetensors')).equals(large)).toBe(true);
  });

  it('larger than the disk is ORZ_INSUFFICIENT before anything is fetched', async () => {
    const hub = await startHub(model);
    hub.misbehave = ({ path }, response) => {
      if (path.includes('/tree/'))
        sendJson(response, [{ type: 'file', path: 'config.json', size: 4e15, oid: gitId(Buffer.from('{}')) }]);
      return path.includes('/tree/');
    };
    await expect(fetchFrom(hub)).rejects.toMatchObject({
      code: 'ORZ_INSUFFICIENT',
      message: expect.stringContaining('4000000.0 GB'),
      details: { remedy: expect.stringContaining('HF_HUB_CACHE') },
    });
    expect(hub.requests.filter(({ path }) => path.includes('/resolve/'))).toEqual([]);
  });

  it('that is not wanted may have any name', async () => {
    const hub = await startHub({ ...model, files: { ...model.files, 'logs/12:30.txt': 'x', 'back\\slash': 'x' } });
    expect((await fetchFrom(hub)).files).toHaveLength(4);
  });

  it('longer than listed is refused', async () => {
    const hub = await startHub(model);
    hub.misbehave = ({ path }, response) => {
      if (path.endsWith('/config.json')) response.writeHead(200).end('{"a":1}, and more');
      return path.endsWith('/config.json');
    };
    await expect(fetchFrom(hub)).rejects.toMatchObject({
      code: 'ORZ_HUB',
      message: expect.stringContaining('more of config.json'),
    });
  });

  it.each([
    ['a path out of the folder', { path: '../../evil' }],
    ['an absolute path', { path: '/etc/passwd' }],
    ['a path of Windows', { path: 'a\\..\\..\\evil' }],
    ['a drive', { path: 'C:evil' }],
    ['a hash that is a path', { oid: '../../../../evil-evil-evil-evil-evil-evil' }],
    ['a size below zero', { size: -1 }],
    ['the id of a pointer only', { xetHash: 'f'.repeat(64) }],
  ])('listed with %s is refused before anything is written', async (_, wrong) => {
    const hub = await startHub(model);
    const cache = temporaryFolder();
    hub.misbehave = ({ path }, response) => {
      if (path.includes('/tree/'))
        sendJson(response, [
          { type: 'file', path: 'config.json', size: 7, oid: gitId(Buffer.from('{"a":1}')), ...wrong },
        ]);
      return path.includes('/tree/');
    };
    await expect(fetchFrom(hub, { cache, select: (paths) => paths })).rejects.toMatchObject({
      code: 'ORZ_HUB',
      message: expect.stringContaining('cannot be trusted'),
    });
    expect(readdirSync(cache)).toEqual([]);
  });
});

describe('a hub that refuses', () => {
  it.each<[string, ServedRepository, Fetching, string, string]>([
    ['an unknown model', { ...model, name: 'owner/other' }, {}, 'There is no model owner/Small-1.0', 'HF_TOKEN'],
    [
      'an unknown model, with a token',
      { ...model, name: 'owner/other' },
      { token: 'hf_x' },
      'There is no model',
      'the right to read',
    ],
    [
      'a private model without a token',
      { ...model, privateTo: 'hf_right' },
      {},
      'or it is private',
      '/settings/tokens',
    ],
    ['an unknown revision', model, { revision: 'v9' }, `no revision 'v9'`, '/tree/main'],
    ['a gated model', { ...model, gated: true }, {}, 'licence must be accepted', 'owner/Small-1.0 and accept'],
    [
      'a gated model, with a token',
      { ...model, gated: true },
      { token: 'hf_x' },
      'licence must be accepted',
      'must belong to the account',
    ],
  ])('%s: ORZ_HUB says what to do', async (...[, repository, options, message, remedy]) => {
    const hub = await startHub(repository);
    await expect(fetchFrom(hub, options)).rejects.toMatchObject({
      code: 'ORZ_HUB',
      message: expect.stringContaining(message),
      details: { remedy: expect.stringContaining(remedy) },
    });
  });

  it.each([
    [401, 'does not accept the token'],
    [403, 'refuses access'],
    [404, 'has no file config.json'],
    [410, 'answers 410'],
  ])('a file with %d: %s', async (status, message) => {
    const hub = await startHub(model);
    hub.misbehave = ({ path }, response) => {
      if (path.endsWith('/config.json')) refuse(response, status, '');
      return path.endsWith('/config.json');
    };
    await expect(fetchFrom(hub, { token: 'hf_secret' })).rejects.toMatchObject({
      code: 'ORZ_HUB',
      message: expect.stringContaining(message),
    });
  });

  it('names a repository and a revision that no hub has, without asking it', async () => {
    const hub = await startHub(model);
    for (const name of ['../up', 'a/b/c', '/abs', 'a//b', 'o/..', '.hidden/x', 'o/x--y'])
      await expect(fetchFrom(hub, { name })).rejects.toMatchObject({ code: 'ORZ_HUB', details: { value: name } });
    for (const revision of ['../..', 'a/../b', '', 'x y', '.git', 'a/.b'])
      await expect(fetchFrom(hub, { revision })).rejects.toMatchObject({
        code: 'ORZ_HUB',
        details: { value: revision },
      });
    expect(hub.requests).toEqual([]);
  });
});

describe('a hub in trouble', () => {
  interface Failure {
    readonly times: number;
    readonly status: number;
    readonly headers?: Record<string, string>;
  }

  /** The first `times` requests for something that `matches` are answered with `status`. */
  const failing = (hub: HubServer, matches: RegExp, { times, status, headers = {} }: Failure): void => {
    let left = times;
    hub.misbehave = ({ path }, response) => {
      if (!matches.test(path) || left-- <= 0) return false;
      refuse(response, status, '', headers);
      return true;
    };
  };

  it.each([
    [429, /revision/],
    [503, /tree/],
    [500, /config\.json/],
    [502, /model\.safetensors/],
  ])('answering %d a few times is asked again', async (status, matches) => {
    const hub = await startHub(model);
    failing(hub, matches, { times: 3, status });
    expect((await fetchFrom(hub)).files).toHaveLength(4);
  });

  it('is given the time that it asks for', async () => {
    const hub = await startHub(model);
    failing(hub, /revision/, { times: 1, status: 429, headers: { 'retry-after': '1' } });
    const started = performance.now();
    await fetchFrom(hub);
    expect(performance.now() - started).toBeGreaterThan(990);
  });

  it('asking for more time than we have ends the download at once', async () => {
    const hub = await startHub(model);
    failing(hub, /revision/, { times: Infinity, status: 429, headers: { 'retry-after': '3600' } });
    await expect(fetchFrom(hub)).rejects.toMatchObject({
      code: 'ORZ_HUB_UNREACHABLE',
      message: expect.stringContaining('3600 s'),
    });
    expect(hub.requests).toHaveLength(1);
  });

  it('for good is ORZ_HUB_UNREACHABLE after five attempts', async () => {
    const hub = await startHub(model);
    failing(hub, /revision/, { times: Infinity, status: 503 });
    await expect(fetchFrom(hub)).rejects.toMatchObject({
      code: 'ORZ_HUB_UNREACHABLE',
      message: expect.stringContaining('503'),
      details: { remedy: expect.stringContaining('--set model.path=FOLDER') },
    });
    expect(hub.requests).toHaveLength(5);
  });

  it.each([
    ['before it answers', ''],
    ['in the middle of a listing', '[{"type":'],
  ])('hanging %s is given up', async (_, beginning) => {
    const hub = await startHub(model);
    hub.misbehave = (_seen, response) => {
      if (beginning !== '') response.writeHead(200, { 'content-type': 'application/json' }).write(beginning);
      return true;
    };
    await expect(fetchFrom(hub, { limits: impatient })).rejects.toMatchObject({
      code: 'ORZ_HUB_UNREACHABLE',
      message: expect.stringContaining('no answer within 0.3 s'),
    });
  });

  it.each([
    ['no JSON', '<html>'],
    ['no commit', '{"sha":"../../x"}'],
    ['no commit at all', '{}'],
    ['null', 'null'],
    ['a number', '5'],
  ])('answering with %s is ORZ_HUB', async (_, body) => {
    const hub = await startHub(model);
    hub.misbehave = (_seen, response) => {
      response.writeHead(200).end(body);
      return true;
    };
    await expect(fetchFrom(hub)).rejects.toMatchObject({ code: 'ORZ_HUB' });
  });

  it.each(['null', '5', '{}', '["a"]', '[null]', '[{"type":5}]'])('listing %s is ORZ_HUB', async (body) => {
    const hub = await startHub(model);
    hub.misbehave = ({ path }, response) => {
      const isListing = path.includes('/tree/');
      if (isListing) response.writeHead(200, { 'content-type': 'application/json' }).end(body);
      return isListing;
    };
    await expect(fetchFrom(hub)).rejects.toMatchObject({
      code: 'ORZ_HUB',
      message: expect.stringContaining('in a form that cannot be read'),
    });
  });

  it('whose next page is at no address is ORZ_HUB', async () => {
    const hub = await startHub(model);
    hub.misbehave = ({ path }, response) => {
      const isListing = path.includes('/tree/');
      if (isListing) sendJson(response, [], { link: '<http://[>; rel="next"' });
      return isListing;
    };
    await expect(fetchFrom(hub)).rejects.toMatchObject({ code: 'ORZ_HUB', message: 'The hub links to no address' });
  });

  it('redirecting in circles, or listing without end, is ORZ_HUB', async () => {
    const hub = await startHub(model);
    hub.misbehave = ({ path }, response) => {
      response.writeHead(307, { location: path }).end();
      return true;
    };
    await expect(fetchFrom(hub)).rejects.toMatchObject({
      code: 'ORZ_HUB',
      message: expect.stringContaining('circles'),
    });
    hub.misbehave = ({ path, headers }, response) => {
      if (path.includes('/tree/')) sendJson(response, [], { link: `<http://${headers.host!}${path}>; rel="next"` });
      return path.includes('/tree/');
    };
    await expect(fetchFrom(hub)).rejects.toMatchObject({
      code: 'ORZ_HUB',
      message: expect.stringContaining('does not end'),
    });
  });
});

describe('a mirror', () => {
  const upstream = 'https://hub.invalid';

  it('whose pages name the hub that it mirrors is asked for the next page', async () => {
    const hub = await startHub(model);
    const { endpoint } = hub;
    hub.misbehave = ({ path, headers }, response) => {
      const { pathname, searchParams } = new URL(path, endpoint);
      const isFirst = pathname.includes('/tree/') && !searchParams.has('cursor');
      if (isFirst) {
        expect(headers.authorization).toBe('Bearer hf_secret');
        sendJson(response, [], { link: `<${upstream}${pathname}?recursive=true&cursor=0>; rel="next"` });
      }
      return isFirst;
    };
    expect((await fetchFrom(hub, { token: 'hf_secret' })).files).toEqual(wanted);
  });

  it.each([
    ['the commit', '/revision/'],
    ['the listing', '/tree/'],
    ['a file', '/resolve/'],
  ])('that redirects %s to a path of the hub that it mirrors is asked for that path', async (_, part) => {
    const hub = await startHub(model);
    let sent = 0;
    hub.misbehave = ({ path, host }, response) => {
      if (host !== 'hub' || !path.includes(part) || path.includes('moved')) return false;
      sent++;
      response.writeHead(307, { location: `${upstream}${path}${path.includes('?') ? '&' : '?'}moved=1` }).end();
      return true;
    };
    expect((await fetchFrom(hub)).files).toEqual(wanted);
    expect(sent).toBeGreaterThan(0);
  });

  it.each([
    ['/owner/name/resolve/main/config.json', true],
    ['/gpt2/resolve/main/config.json', true],
    ['/datasets/owner/name/resolve/main/a.jsonl', true],
    ['/api/resolve-cache/models/owner/name/c/config.json', true],
    ['/xet-bridge-us/64/abc', false],
    ['/repos/ab/cd/0123', false],
    ['/store/api/resolve', false],
    ['/api/v1/contents/0123', false],
  ])('that redirects to the path %s of another host: a hub, %j', (path, expected) => {
    expect(isOfHub(new URL(path, 'https://other.example'))).toBe(expected);
  });

  it('below a path of its host keeps that path', () => {
    const mapped = (address: string, endpoint: string): string => atEndpoint(new URL(address), endpoint).href;
    expect(mapped('https://a.example/api/models/x/tree/1?cursor=2', 'https://m.example/hub')).toBe(
      'https://m.example/hub/api/models/x/tree/1?cursor=2',
    );
    expect(mapped('https://m.example/hub/api/x', 'https://m.example/hub')).toBe('https://m.example/hub/api/x');
    expect(mapped('https://a.example//b.example/api/x', 'https://m.example')).toBe(
      'https://m.example//b.example/api/x',
    );
  });
});

describe('a hub that trickles', () => {
  /** Each piece is counted as this long after the last, however fast it comes. */
  const trickling = { ...limits, minBytesPerSecond: 1e9, rateWindowMs: 1 };

  /** Sends a byte every few milliseconds, without end. */
  function trickle(response: ServerResponse, headers: Record<string, string | number> = {}): true {
    response.writeHead(200, headers);
    const timer = setInterval(() => response.write(' '), 2);
    response.on('close', () => {
      clearInterval(timer);
    });
    return true;
  }

  it.each(['/revision/', '/tree/'])('is given up at %s', async (part) => {
    const hub = await startHub(model);
    hub.misbehave = ({ path }, response) => path.includes(part) && trickle(response);
    await expect(fetchFrom(hub, { limits: trickling })).rejects.toMatchObject({
      code: 'ORZ_HUB_UNREACHABLE',
      message: expect.stringContaining('fewer than 1000000000 bytes a second'),
    });
  });

  it('is given up in a file after five attempts without progress', async () => {
    const hub = await startHub(model);
    let attempts = 0;
    hub.misbehave = ({ host }, response, content) => {
      if (host !== 'files') return false;
      attempts++;
      return trickle(response, { 'content-length': content!.length });
    };
    const fetching = { ...limits, minBytesPerSecond: 1e9, rateWindowMs: 20 };
    await expect(fetchFrom(hub, { limits: fetching })).rejects.toMatchObject({ code: 'ORZ_HUB_UNREACHABLE' });
    expect(attempts).toBe(5);
  });

  it('is given up when a listing takes too long altogether', async () => {
    const hub = await startHub(model);
    hub.misbehave = ({ path }, response) => path.includes('/tree/') && trickle(response);
    await expect(fetchFrom(hub, { limits: { ...limits, listingMs: 50 } })).rejects.toMatchObject({
      code: 'ORZ_HUB_UNREACHABLE',
      message: expect.stringMatching(/takes more than/),
    });
  });

  it('counts only the time that was spent waiting', () => {
    const pace = new Pace({ ...limits, minBytesPerSecond: 1000, rateWindowMs: 1000 });
    for (let i = 0; i < 100; i++) pace.count(10, 10);
    pace.count(1, 999);
    expect(() => {
      pace.count(1, 1);
    }).toThrow(TooSlow);
  });
});

describe('the cache', () => {
  const away = { endpoint: 'http://127.0.0.1:9' };

  it('serves when the hub cannot be reached, and says so', async () => {
    const hub = await startHub(model);
    const cache = temporaryFolder();
    const { folder } = await fetchFrom(hub, { cache });
    const again = await fetchFrom(hub, { cache, ...away });
    expect([again.folder, again.fromCache, [...again.files].sort()]).toEqual([folder, true, [...wanted].sort()]);
    expect(logged).toEqual([expect.stringContaining('using owner/Small-1.0 from the cache')]);
  });

  it('alone is used offline; what it does not hold is ORZ_HUB_UNREACHABLE without a request', async () => {
    const hub = await startHub(model);
    const cache = temporaryFolder();
    await expect(fetchFrom(hub, { cache, offline: true })).rejects.toMatchObject({
      code: 'ORZ_HUB_UNREACHABLE',
      message: expect.stringContaining('HF_HUB_OFFLINE'),
    });
    expect(hub.requests).toEqual([]);
    const { folder } = await fetchFrom(hub, { cache });
    hub.requests.length = 0;
    expect((await fetchFrom(hub, { cache, offline: true })).folder).toBe(folder);
    expect((await fetchFrom(hub, { cache, offline: true, revision: commitOf(model) })).folder).toBe(folder);
    await expect(fetchFrom(hub, { cache, offline: true, revision: 'other' })).rejects.toMatchObject({
      code: 'ORZ_HUB_UNREACHABLE',
    });
    expect(hub.requests).toEqual([]);
  });

  it('written by the Python client is used: nothing it holds is fetched again', async () => {
    const hub = await startHub(model);
    const cache = temporaryFolder();
    const { folder } = await fetchFrom(hub, { cache });
    expect(lstatSync(join(folder, 'config.json')).isSymbolicLink()).toBe(true);
    const blob = join(cache, 'models--owner--Small-1.0', 'blobs', sha256(large));
    const { mtimeMs } = lstatSync(blob);
    await fetchFrom(hub, { cache, revision: 'refs/pr/1' });
    expect(lstatSync(blob).mtimeMs).toBe(mtimeMs);
  });

  it('that nothing can be written to is ORZ_STORAGE', async () => {
    const hub = await startHub(model);
    const cache = join(temporaryFolder(), 'file');
    writeFileSync(cache, 'in the way');
    await expect(fetchFrom(hub, { cache })).rejects.toMatchObject({
      code: 'ORZ_STORAGE',
      details: { remedy: expect.stringContaining('HF_HUB_CACHE') },
    });
  });
});

describe('the token', () => {
  it('goes to the hub and to no other host', async () => {
    const hub = await startHub({ ...model, privateTo: 'hf_secret' });
    await fetchFrom(hub, { token: 'hf_secret' });
    const sent = (host: string) =>
      new Set(hub.requests.filter((request) => request.host === host).map(({ headers }) => headers.authorization));
    expect([sent('hub'), sent('files')]).toEqual([new Set(['Bearer hf_secret']), new Set([undefined])]);
  });

  it('is not sent along to a host that a redirect of a file names', async () => {
    const hub = await startHub(model);
    const other = await startHub(model);
    hub.misbehave = ({ path, host }, response) => {
      const away = host === 'hub' && path.endsWith('/config.json');
      if (away) response.writeHead(302, { location: `${other.endpoint}${path}` }).end();
      return away;
    };
    await fetchFrom(hub, { token: 'hf_secret' });
    expect(other.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    expect(JSON.stringify(other.requests)).not.toContain('hf_secret');
  });

  it('is in no error', async () => {
    const hub = await startHub({ ...model, gated: true });
    const errors = [
      await fetchFrom(hub, { token: 'hf_secret' }).catch((error: unknown) => error),
      await fetchFrom(hub, { token: 'hf_secret', endpoint: 'http://127.0.0.1:9' }).catch((error: unknown) => error),
    ];
    for (const error of errors as Error[])
      expect(JSON.stringify([error.message, error.stack, error, String(error.cause)])).not.toContain('hf_secret');
  });

  it('that no header can carry is refused without being shown', () => {
    expect(() => hubSettings({ HF_TOKEN: 'hf_se\ncret', HOME: '/' })).toThrow(
      expect.objectContaining({ code: 'ORZ_HUB', message: expect.not.stringContaining('hf_se') }),
    );
  });
});

describe('the environment', () => {
  it.each([
    [{ HF_HUB_CACHE: '/c', HF_HOME: '/h' }, { cache: '/c' }],
    [{ HF_HOME: '/h', XDG_CACHE_HOME: '/x' }, { cache: join('/h', 'hub') }],
    [{ XDG_CACHE_HOME: '/x' }, { cache: join('/x', 'huggingface', 'hub') }],
    [{ HF_ENDPOINT: 'https://mirror.example/hub/' }, { endpoint: 'https://mirror.example/hub' }],
    [{ HF_HUB_OFFLINE: 'TRUE' }, { offline: true }],
    [{ HF_HUB_OFFLINE: '0' }, { offline: false }],
    [{ HF_TOKEN: ' hf_a\n' }, { token: 'hf_a' }],
  ])('%j means %j', (env, expected) => {
    expect(hubSettings(env)).toMatchObject(expected);
  });

  it('gives the token that was stored by logging in, unless it must not be used', () => {
    const home = temporaryFolder();
    writeFileSync(join(home, 'token'), 'hf_stored\n');
    expect(hubSettings({ HF_HOME: home }).token).toBe('hf_stored');
    expect(hubSettings({ HF_HOME: home, HF_TOKEN: 'hf_env' }).token).toBe('hf_env');
    expect(hubSettings({ HF_HOME: home, HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' }).token).toBeUndefined();
  });

  it.each(['ftp://x', 'huggingface.co', 'https://user:secret@hub'])(
    'with the endpoint %s is ORZ_HUB, without its password',
    (endpoint) => {
      expect(() => hubSettings({ HF_ENDPOINT: endpoint })).toThrow(
        expect.objectContaining({
          code: 'ORZ_HUB',
          details: expect.not.objectContaining({ value: expect.stringContaining('secret') }),
        }),
      );
    },
  );
});

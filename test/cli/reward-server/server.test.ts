import { request as httpRequest } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { createRewardPool } from '../../../cli/platform/reward-pool.js';
import {
  startRewardServer,
  type RewardServerLimits,
  type RewardServerOptions,
} from '../../../cli/reward-server/server.js';
import type { Grader } from '../../../cli/grade/grader.js';
import { gradeResponse } from '../../../plugins/reward-math/index.js';
import { corpusPairs } from '../../plugins/reward-math/corpus.js';
import { mathGrader } from '../grade/math-grader.js';

const generous: RewardServerLimits = { maxBodyBytes: 1e6, maxPairs: 10_000, maxRequests: 4_000, timeLimitMs: 600_000 };
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Started {
  readonly url: string;
  readonly failures: string[];
  post(path: string, body: unknown, init?: RequestInit): Promise<Response>;
  get(path: string): Promise<Response>;
}

async function start(grader: Grader, options: Partial<RewardServerOptions> = {}): Promise<Started> {
  const failures: string[] = [];
  const server = await startRewardServer({
    grader,
    reward: 'math',
    host: '127.0.0.1',
    port: 0,
    limits: generous,
    onFailure: (message) => failures.push(message),
    ...options,
  });
  closing.push(() => server.close());
  const at = (path: string) => `${server.url}${path.slice(1)}`;
  return {
    url: server.url,
    failures,
    post: (path, body, init) =>
      fetch(at(path), { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), ...init }),
    get: (path) => fetch(at(path)),
  };
}

async function startMath(options: Partial<RewardServerOptions> = {}): Promise<Started> {
  const grader = await mathGrader();
  closing.push(() => grader.dispose());
  return start(grader, options);
}

/** A grader of the test's own: a value per text. */
const stub = (grade: (text: string) => Promise<number> | number): Grader => ({
  verifier: 'stub 1',
  workers: 1,
  grade: async ({ text }) => ({ value: await grade(text), verdict: 'wrong' }),
  stats: () => ({ timeouts: 0, crashes: 0, retries: 0 }),
  dispose: () => Promise.resolve(),
});

/** A grader over real threads, whose reward has this body; `text` and `gold` are those of the record. */
async function threads(body: string): Promise<Grader> {
  const source = `export default () => ({ name: 'probe', independent: true, grade: (group) => group.map(
    ({ text, problem: { answer: gold } }) => { ${body} }) });`;
  const moduleUrl = `data:text/javascript,${encodeURIComponent(source)}`;
  const pool = await createRewardPool({ moduleUrl, settings: {} }, { workers: 2, timeoutMs: 3_000 });
  closing.push(() => pool.dispose());
  return {
    ...stub(() => 0),
    workers: 2,
    stats: () => pool.stats,
    grade: async ({ text, gold, prompt, stopReason }) => {
      const problem = { id: '', prompt, answer: gold };
      const [result] = await pool.grade([{ index: 0, problem, text, stopReason, responseLength: 1 }]);
      return result!;
    },
  };
}

const items = (...predictions: string[]) => ({ items: predictions.map((prediction) => ({ gold: '1', prediction })) });
const metric = async (server: Started, name: string): Promise<number> => {
  const text = await (await server.get('/metrics')).text();
  return Number(new RegExp(`^orz_reward_${name.replace(/[{}"]/g, '\\$&')} (.*)$`, 'm').exec(text)?.[1]);
};

describe('grading over HTTP', () => {
  it('answers a batch in order, with rule and version, and with floating-point values', async () => {
    const server = await startMath();
    const response = await server.post('/grade', {
      items: [
        { gold: '2\\sqrt{3}', prediction: 'So it is $\\sqrt{12}$.' },
        { id: 'b', gold: 3, response: '</think> <answer>\\boxed{4}</answer>', finish_reason: 'eos' },
        { gold: '3', response: '<answer>\\boxed{3}</answer>', finish_reason: 'length' },
      ],
    });
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text).toContain('"value":1.0');
    expect(JSON.parse(text)).toEqual({
      results: [
        { id: 0, verdict: 'correct', value: 1, answer: '\\sqrt{12}', rule: 'normal form' },
        { id: 'b', verdict: 'wrong', value: 0, answer: '4', rule: 'exact' },
        { id: 2, verdict: 'truncated', value: 0, answer: '3', rule: 'truncated' },
      ],
      verifier: expect.stringMatching(/^math \d/),
    });
  });

  it('answers the remote reward of OpenRLHF, and never by an answer in the prompt', async () => {
    const server = await startMath();
    const prompt = 'What is 2+3? End with \\boxed{5} or the like.\n';
    const response = await server.post('/get_reward', {
      query: [
        `<s>${prompt}It is \\boxed{5}<|im_end|>`,
        `${prompt}I do not know.`,
        `${prompt}<answer>\\boxed{6}</answer>`,
      ],
      prompts: [prompt, prompt, prompt],
      labels: ['5', '5', 6],
    });
    expect(await response.text()).toBe('{"rewards":[1.0,0.0,1.0],"scores":[1.0,0.0,1.0],"extra_logs":{}}\n');
  });

  it('gives 2,000 answers in flight the verdicts of one at a time', async () => {
    const server = await startMath();
    const corpus = [...corpusPairs()];
    const pairs = Array.from({ length: 2_000 }, (_, k) => corpus[(k * 7) % corpus.length]!);
    const together = await Promise.all(
      pairs.map(async ({ gold, prediction }) => {
        const response = await server.post('/grade', {
          items: [{ gold, response: `<answer>\\boxed{${prediction}}</answer>` }],
        });
        return ((await response.json()) as { results: { verdict: string }[] }).results[0]?.verdict;
      }),
    );
    const alone = pairs.map(
      ({ gold, prediction }) => gradeResponse(gold, `<answer>\\boxed{${prediction}}</answer>`).verdict,
    );
    expect(together).toEqual(alone);
    expect(new Set(alone).size).toBeGreaterThan(1);
  });

  it('outlives threads that hang or die, and grades the rest', async () => {
    const server = await start(
      await threads(`if (text === 'hang') for (;;); if (text === 'die') process.exit(1);
        return { value: text === gold ? 1 : 0, verdict: text === gold ? 'correct' : 'wrong' };`),
    );
    const response = await server.post('/grade', items('1', 'die', '2', 'hang', '1'));
    const { results } = (await response.json()) as { results: { verdict: string; rule: string }[] };
    expect(results.map(({ verdict }) => verdict)).toEqual(['correct', 'undecidable', 'wrong', 'timeout', 'correct']);
    expect(await metric(server, 'thread_crashes_total')).toBe(2);
    expect(await metric(server, 'thread_timeouts_total')).toBe(2);
    expect((await server.get('/health')).status).toBe(200);
  });

  it('drops what a client that went away still waited for, and serves the others', async () => {
    const graded: string[] = [];
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    const server = await start(
      stub(async (text) => {
        graded.push(text);
        await gate;
        return 1;
      }),
    );
    const stop = new AbortController();
    const many = Array.from({ length: 500 }, (_, k) => `left ${k}`);
    const gone = server.post('/grade', items(...many), { signal: stop.signal }).catch(() => 'aborted');
    await expect.poll(() => graded.length).toBeGreaterThan(0);
    const other = server.post('/grade', items('other'));
    await expect.poll(() => metric(server, 'open_requests')).toBe(2);
    stop.abort();
    expect(await gone).toBe('aborted');
    await expect.poll(() => metric(server, 'clients_gone_total')).toBe(1);
    go();
    expect((await other).status).toBe(200);
    expect(graded.length).toBeLessThan(10);
    await expect.poll(() => metric(server, 'waiting_pairs')).toBe(0);
  });

  it('tells a reward that fails from a request that is wrong, and goes on', async () => {
    const server = await start(
      await threads(`if (text === 'throw') throw new Error('no judge'); return { value: 1, verdict: 'correct' };`),
    );
    const failed = await server.post('/grade', items('throw'));
    expect([failed.status, await failed.text()]).toEqual([500, expect.stringContaining('no judge')]);
    expect(server.failures[0]).toContain('no judge');
    // Also when the next answers are waiting already.
    const many = await Promise.all(
      Array.from({ length: 60 }, (_, k) => server.post('/grade', items(k % 3 === 0 ? 'throw' : '1'))),
    );
    expect(many.map(({ status }) => status)).toEqual(many.map((_, k) => (k % 3 === 0 ? 500 : 200)));
  });
});

describe('a request that is wrong', () => {
  const pair = { gold: '1', prediction: '1' };
  it.each([
    ['/grade', '[1', 400, 'body'],
    ['/grade', [], 422, 'body'],
    ['/grade', {}, 422, 'items'],
    ['/grade', { items: [pair, { gold: '1' }] }, 422, 'items[1].prediction'],
    ['/grade', { items: [{ ...pair, gold: null }] }, 422, 'items[0].gold'],
    ['/grade', { items: [{ ...pair, config: {} }] }, 422, 'items[0].config'],
    ['/grade', { items: [{ ...pair, finish_reason: 'why' }] }, 422, 'items[0].finish_reason'],
    ['/get_reward', {}, 422, 'query'],
    ['/get_reward', { query: ['1'] }, 422, 'labels'],
    ['/get_reward', { query: ['1'], labels: ['1', '2'] }, 422, 'labels'],
    ['/get_reward', { query: ['1'], labels: ['1'], prompts: [] }, 422, 'prompts'],
    ['/get_reward', { query: [1], labels: ['1'] }, 422, 'query[0]'],
    ['/get_reward', { query: ['1', '2'], labels: ['1', null] }, 422, 'labels[1]'],
    ['/get_reward', { query: ['an answer: 7'], labels: ['7'], prompts: ['another prompt'] }, 422, 'prompts[0]'],
  ])('%s with %j is %d naming %s', async (path, body, status, field) => {
    const server = await start(stub(() => 1));
    const response = await server.post(path, body);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error: { message: expect.any(String), field } });
  });

  it('is told which paths and methods there are', async () => {
    const server = await start(stub(() => 1));
    expect((await server.get('/nothing')).status).toBe(404);
    expect((await server.get('/constructor')).status).toBe(404);
    const wrong = await server.get('/grade');
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await server.post('/health', '')).status).toBe(405);
    expect((await server.post('/grade', '', { method: 'PUT' })).status).toBe(405);
    expect((await server.post('/grade', 'x', { headers: { 'content-encoding': 'gzip' } })).status).toBe(415);
  });

  it('is refused for a foreign Host header, and for a page of another site', async () => {
    const server = await start(stub(() => 1));
    expect(await statusWith(server.url, { host: 'rebound.example' })).toBe(403);
    expect(await statusWith(server.url, { origin: 'https://rebound.example' })).toBe(403);
    expect(await statusWith(server.url, {})).toBe(200);
  });
});

/** fetch sets these headers itself. */
function statusWith(url: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${url}grade`, { method: 'POST', headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('error', reject);
    request.end(JSON.stringify(items('1')));
  });
}

describe('limits', () => {
  it('a body that is too large is 413, whether its length is announced or not', async () => {
    const server = await start(
      stub(() => 1),
      { limits: { ...generous, maxBodyBytes: 1_000 } },
    );
    const large = items('1'.repeat(100_000));
    expect((await server.post('/grade', large)).status).toBe(413);
    const pieces = new Blob([JSON.stringify(large)]).stream();
    const chunked = await server.post('/grade', '', { body: pieces, duplex: 'half' });
    expect(chunked.status).toBe(413);
    expect((await server.post('/grade', items('1'))).status).toBe(200);
  });

  it('too many requests or answers at once are 503, with when to come again', async () => {
    let go: () => void = () => undefined;
    const gate = new Promise<number>(
      (resolve) =>
        (go = () => {
          resolve(1);
        }),
    );
    const server = await start(
      stub(() => gate),
      { limits: { ...generous, maxPairs: 3, maxRequests: 2 } },
    );
    const first = server.post('/grade', items('1', '2'));
    await expect.poll(() => metric(server, 'open_requests')).toBe(1);
    const tooMany = await server.post('/grade', items('1', '2'));
    expect([tooMany.status, tooMany.headers.get('retry-after')]).toEqual([503, '1']);
    const second = server.post('/grade', items('1'));
    await expect.poll(() => metric(server, 'open_requests')).toBe(2);
    expect((await server.post('/grade', items())).status).toBe(503);
    go();
    expect([(await first).status, (await second).status]).toEqual([200, 200]);
  });

  it('a request that takes too long is 503', async () => {
    const server = await start(
      stub(() => new Promise(() => undefined)),
      { limits: { ...generous, timeLimitMs: 200 } },
    );
    const response = await server.post('/grade', items('1'));
    expect([response.status, await response.text()]).toEqual([503, expect.stringContaining('200 ms')]);
  });
});

describe('a key', () => {
  const key = 'a key of many letters';

  it('is asked for everywhere but at /health, as a header or in the address', async () => {
    const server = await start(
      stub(() => 1),
      { key },
    );
    const status = async (authorization?: string) =>
      (await server.post('/grade', items('1'), authorization === undefined ? {} : { headers: { authorization } }))
        .status;
    expect(await status()).toBe(401);
    expect(await status('Bearer another key')).toBe(401);
    expect(await status(`Bearer ${key.replaceAll(' ', '')}`)).toBe(401);
    expect((await server.get('/metrics')).status).toBe(401);
    expect((await server.get('/health')).status).toBe(200);
  });

  it('opens what it belongs to', async () => {
    const server = await start(
      stub(() => 1),
      { key: 'abcdefghijklmnop' },
    );
    const basic = `Basic ${Buffer.from(':abcdefghijklmnop').toString('base64')}`;
    for (const authorization of ['Bearer abcdefghijklmnop', 'bearer  abcdefghijklmnop', basic])
      expect((await server.post('/grade', items('1'), { headers: { authorization } })).status).toBe(200);
  });
});

describe('watching', () => {
  it('counts requests, verdicts and seconds in the format of Prometheus', async () => {
    const server = await startMath();
    await server.post('/grade', items('1', '2', '1'));
    await server.get('/nothing');
    await server.get('/nothing else');
    const text = await (await server.get('/metrics')).text();
    expect(text).toMatch(/^orz_reward_info\{reward="math",verifier="math [\d.]+"\} 1$/m);
    expect(text).toContain('orz_reward_pairs_total{verdict="correct"} 2\n');
    expect(text).toContain('orz_reward_pairs_total{verdict="wrong"} 1\n');
    expect(text).toContain('orz_reward_value_total 2\n');
    expect(text).toContain('orz_reward_requests_total{path="/grade",status="200"} 1\n');
    expect(text).toContain('orz_reward_requests_total{path="other",status="404"} 2\n');
    expect(text).toContain('orz_reward_pair_seconds_bucket{le="+Inf"} 3\n');
    expect(text).toContain('orz_reward_pair_seconds_count 3\n');
    for (const line of text.trimEnd().split('\n'))
      expect(line).toMatch(/^(# (HELP|TYPE) orz_reward_\w+ .+|orz_reward_\w+(\{[^}]*\})? [\d.e+-]+)$/);
  });

  it('health says when the threads cannot be brought back', async () => {
    const { OrzError } = await import('../../../core/errors.js');
    const server = await start(stub(() => Promise.reject(new OrzError('ORZ_REWARD_WORKER', 'no thread starts'))));
    expect((await server.get('/health')).status).toBe(200);
    expect((await server.post('/grade', items('1'))).status).toBe(500);
    const health = await server.get('/health');
    expect([health.status, await health.json()]).toEqual([503, { status: 'broken', reason: 'no thread starts' }]);
  });
});

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRewardServer, type RewardServer } from '../../../cli/reward-server/server.js';
import type { Grader } from '../../../cli/grade/grader.js';
import { fencesOf } from '../../docs/pages.js';
import { mathGrader } from '../grade/math-grader.js';

/** An interpreter that has the packages; which of them is found out. */
const python = process.env['ORZ_PYTHON'];
const scripts = fileURLToPath(new URL('./python/', import.meta.url));
const limits = { maxBodyBytes: 1e6, maxPairs: 1_000, maxRequests: 200, timeLimitMs: 60_000 };
let folder = '';
let grader: Grader;
let server: RewardServer;

beforeAll(async () => {
  grader = await mathGrader();
  server = await startRewardServer({
    grader,
    reward: 'math',
    host: '127.0.0.1',
    port: 0,
    limits,
    onFailure: (message) => {
      throw new Error(message);
    },
  });
  folder = mkdtempSync(join(tmpdir(), 'orz-python-'));
  for (const { language, text } of fencesOf('docs/reward-server.md')) {
    const [, name] = /^# (\w+\.py)\n/.exec(text) ?? [];
    if (language !== 'python' || name === undefined) continue;
    writeFileSync(join(folder, name), text.replaceAll('http://127.0.0.1:4682/', server.url));
  }
});
afterAll(async () => {
  await server.close();
  await grader.dispose();
  rmSync(folder, { recursive: true });
});

/** Why a script cannot run here; undefined if it can. */
function missing(...packages: string[]): string | undefined {
  if (python === undefined) return `ORZ_PYTHON names no Python with ${packages.join(', ')}`;
  const code = `import importlib.metadata as m, sys; [m.version(name) for name in sys.argv[1:]]`;
  const { status, stderr } = spawnSync(python, ['-c', code, ...packages], { encoding: 'utf8' });
  return status === 0 ? undefined : `${python}: ${stderr.trim().split('\n').at(-1)}`;
}

/** What the script prints behind RESULT. */
async function run(script: string): Promise<unknown> {
  const child = spawn(python!, [join(scripts, script), folder, `${server.url}get_reward`]);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await new Promise((resolve) => child.on('close', resolve));
  const found = /^RESULT (.*)$/m.exec(output)?.[1];
  if (found === undefined) throw new Error(output);
  return JSON.parse(found);
}

describe('the functions of docs/reward-server.md, in Python', () => {
  it('reward a step of GRPO in TRL', async ({ skip }) => {
    const reason = missing('trl', 'torch', 'requests');
    if (reason !== undefined) return skip(reason);
    const { known, calls, logged } = (await run('use_trl.py')) as {
      known: number[];
      calls: { completions: string[]; answer: string[]; values: number[] }[];
      logged: number;
    };
    expect(known).toEqual([1, 0]);
    expect(calls.length).toBeGreaterThan(0);
    for (const { completions, answer, values } of calls)
      expect([answer.length, values.length]).toEqual([completions.length, completions.length]);
    const values = calls.flatMap((call) => call.values);
    expect(logged).toBeCloseTo(values.reduce((a, b) => a + b, 0) / values.length, 3);
  });

  it('score in 32 threads for verl', async ({ skip }) => {
    const reason = missing('requests');
    if (reason !== undefined) return skip(reason);
    const scores = await run('use_verl.py');
    expect(scores).toEqual(Array.from({ length: 64 }, (_, k) => ({ score: 1 - (k % 2), acc: k % 2 === 0 })));
  });
});

describe('the remote reward of OpenRLHF', () => {
  it('answers its own client with floating-point rewards', async ({ skip }) => {
    const reason = missing('openrlhf', 'torch', 'aiohttp');
    if (reason !== undefined) return skip(reason);
    const { outputs } = (await run('use_openrlhf.py')) as { outputs: { reward: number[]; dtype: string }[] };
    expect(outputs.map(({ reward }) => reward)).toEqual(Array.from({ length: 60 }, (_, k) => [k % 3 === 1 ? 0 : 1]));
    expect(new Set(outputs.map(({ dtype }) => dtype))).toEqual(new Set(['torch.float32']));
  });
});

/** From nothing but Node and git to the first step of PPO: a clone of this checkout, its packages, its base model. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { machineName } from '../../results/machine-name.mjs';
import { figure } from '../measure.mjs';
import { verdict } from './report.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** Seconds. */
const goal = 30;

/**
 * Twice: with an empty cache of npm, and with the cache that the first time filled.
 * @param {{ readonly say: (line: string) => void }} options
 * @returns {Promise<import('../table.mjs').Report>}
 */
export async function measureStart({ say }) {
  const folder = mkdtempSync(join(tmpdir(), 'orz-start-'));
  const rows = [];
  try {
    for (const cache of ['empty', 'filled']) {
      say(`from a clone to the first step, npm's cache ${cache}`);
      const { cloned, stepped } = await firstStep(join(folder, `clone-${cache}`), join(folder, 'npm'));
      rows.push([cache, figure(cloned), figure(stepped), `${goal}`, verdict(-stepped, -goal)]);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return {
    name: 'start',
    title: 'From a clone to the first step',
    columns: ["npm's cache", 'cloned, s', 'first PPO iteration recorded, s', 'goal', ''],
    rows,
    notes: [
      '`git clone` of a local checkout, then `npm start -- --iterations 1` (the preset `orz-tiny`), until the first ' +
        'line of its metrics.jsonl: packages, build, base model, first evaluation and one iteration.',
      `Measured on ${machineName()}.`,
    ],
  };
}

/** @param {string} clone @param {string} cache of npm */
async function firstStep(clone, cache) {
  const start = performance.now();
  const since = () => (performance.now() - start) / 1000;
  const { status, stderr } = spawnSync('git', ['clone', '--quiet', root, clone], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`git clone failed: ${stderr}`);
  const cloned = since();
  const run = join(clone, 'run');
  const child = spawn('npm', ['start', '--', '--preset', 'orz-tiny', '--iterations', '1', '--run-dir', run], {
    cwd: clone,
    env: { ...process.env, npm_config_cache: cache, XDG_CACHE_HOME: join(clone, 'cache') },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    complaints = (complaints + text).slice(-2000);
  });
  const ended = new Promise((resolve) => {
    child.once('close', resolve);
  });
  const metrics = join(run, 'metrics.jsonl');
  const recorded = () => existsSync(metrics) && readFileSync(metrics, 'utf8').includes('"iteration":1');
  while (!recorded()) {
    if (child.exitCode !== null) throw new Error(`npm start failed:\n${complaints}`);
    await setTimeout(50);
  }
  const stepped = since();
  await ended;
  return { cloned, stepped };
}

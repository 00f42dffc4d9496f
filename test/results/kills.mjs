/**
 * `npm run results:kills`: trains a small `orz-tiny` once unbroken and once with many SIGKILLs at random moments,
 * resumed after each, and compares what both leave behind, byte for byte. Writes the outcome into docs/results.md. Ends
 * with code 1 if anything differs.
 *
 *     npm run results:kills -- [--kills 50] [--seed 1] [--folder runs/kills] [--set path=value]… [--no-write]
 *
 * Which moment and which process each kill aims at is drawn from the seed; when exactly it hits depends on the machine.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { replaceBetweenMarkers } from '../bench/table.mjs';
import { compareRuns } from './compare-runs.mjs';
import { killsTable } from './kills-table.mjs';
import { machineName } from './machine-name.mjs';

/** @typedef {import('./kills-table.mjs').Kill} Kill */

const file = (/** @type {string} */ path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const program = file('cli/setup/orz-train.mjs');
const document = file('docs/results.md');

const { values: options } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    folder: { type: 'string', default: 'runs/kills' },
    set: { type: 'string', multiple: true, default: [] },
    'no-write': { type: 'boolean', default: false },
  },
});
const wanted = Number(options.kills);

/** Everything of orz-tiny, in iterations of a fraction of a second, each followed by a checkpoint. */
const settings = [
  'backend.provider=cpu',
  'model.steps=150',
  'model.hiddenSize=48',
  'model.intermediateSize=96',
  'rolloutBatchSize=8',
  'samplesPerPrompt=8',
  `iterations=${Math.max(20, 2 * wanted)}`,
  'evaluation.every=3',
  'evaluation.problems=128',
  'evaluation.periodicProblems=64',
  'checkpoint.every=1',
  'kl=loss',
  ...options.set,
].flatMap((setting) => ['--set', setting]);

const folder = resolve(options.folder);
const [unbroken, broken] = [join(folder, 'unbroken'), join(folder, 'killed')];
rmSync(folder, { recursive: true, force: true });

const begun = performance.now();
console.log('The unbroken run');
const first = start(['--preset', 'orz-tiny', '--run-dir', unbroken, ...settings]);
if ((await first.ended) !== 0) throw new Error(`The unbroken run failed:\n${first.output()}`);

const iterationMs = meanIterationMs();

/** @type {Kill[]} */
const kills = [];
const random = generator(Number(options.seed));
for (let starts = 0; ; starts++) {
  if (starts > 4 * wanted + 20) throw new Error('The run makes no progress');
  const args = existsSync(join(broken, 'config.json'))
    ? ['--resume', broken]
    : ['--preset', 'orz-tiny', '--run-dir', broken, ...settings];
  const run = start(args);
  if (kills.length >= wanted) {
    if ((await run.ended) !== 0) throw new Error(`The last resumed run failed:\n${run.output()}`);
    break;
  }
  const kill = await killOnce(run);
  if (kill === undefined)
    throw new Error(
      `The run ended after ${kills.length} kills, before it could be killed ${wanted} times: raise ` +
        `iterations\n${run.output()}`,
    );
  kills.push(kill);
  console.log(
    `${String(kills.length).padStart(3)}  ${kill.victim.padEnd(16)} ${kill.moment.padEnd(26)} ${kill.recorded} ` +
      `iterations recorded, ${kill.saved} saved`,
  );
}

const comparison = compareRuns(unbroken, broken);
const machine = machineName();
const minutes = ((performance.now() - begun) / 60_000).toFixed(1);
const withSettings =
  options.set.length === 0 ? '' : `, with ${options.set.map((setting) => `\`${setting}\``).join(', ')}`;
const report =
  `${killsTable(kills, comparison)}\n\n` + `Seed ${options.seed}, ${minutes} minutes, ${machine}${withSettings}.`;
console.log(`\n${report}`);
if (!options['no-write'])
  writeFileSync(document, replaceBetweenMarkers(readFileSync(document, 'utf8'), 'kills', report));
process.exitCode = comparison.every(({ equal }) => equal) ? 0 : 1;

/** @param {readonly string[]} args */
function start(args) {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      output += text;
    });
  const state = { over: false };
  const ended = new Promise((/** @type {(code: number | null) => void} */ done) => {
    child.on('close', (code) => {
      state.over = true;
      done(code);
    });
  });
  return { child, ended, state, output: () => output };
}

/**
 * Waits for the moment, kills, and waits until no process of the run is left. Undefined if the run came to its end
 * first.
 * @param {ReturnType<typeof start>} run
 * @returns {Promise<Kill | undefined>}
 */
async function killOnce(run) {
  const victim = /** @type {const} */ (['run process', 'terminal process', 'both'])[Math.floor(random() * 3)] ?? 'both';
  const aim = random();
  const wait = random();
  if (aim < 0.25)
    await setTimeout(wait * 2500); // Anywhere in the start: loading, restoring, or training the base model.
  else {
    // After the first iteration of this process, so that most kills leave some progress behind.
    const training = () => /^\S+ +\d+\/\d+ {2}reward/m.test(run.output());
    if (!(await until(() => training() || run.state.over, 300_000)))
      throw new Error(`The run did not begin to train:\n${run.output()}`);
    if (aim < 0.6)
      await setTimeout(wait * 2 * iterationMs); // Anywhere in an iteration or the next one.
    else {
      // While a checkpoint is being written.
      await until(() => existsSync(join(broken, 'checkpoints', '.unfinished')) || run.state.over, 30_000);
      await setTimeout(wait * 25);
    }
  }
  if (run.state.over) return undefined;
  const pid = runProcess();
  if (victim !== 'run process' || pid === undefined) run.child.kill('SIGKILL');
  if (victim !== 'terminal process' && pid !== undefined) end(pid);
  const [killedAt, code] = [performance.now(), await run.ended];
  const gone = pid === undefined || (await until(() => !alive(pid), 60_000));
  if (!gone) throw new Error(`The run process ${pid} outlived its terminal process by a minute`);
  if (victim === 'run process' && pid !== undefined && (code === 0 || !/ORZ_RUN_DIED/.test(run.output())))
    throw new Error(
      `The terminal process did not report the death of the run process (exit code ${code}):\n${run.output()}`,
    );
  return {
    victim: pid === undefined ? 'terminal process' : victim,
    moment: momentOf(run.output()),
    ...progress(),
    orphanSeconds: victim === 'terminal process' ? (performance.now() - killedAt) / 1000 : 0,
  };
}

/** What the killed run was doing, from what it left behind and had said. @param {string} output */
function momentOf(output) {
  if (existsSync(join(broken, 'checkpoints', '.unfinished')) || existsSync(join(broken, 'checkpoints', '.removed')))
    return 'writing a checkpoint';
  if (!existsSync(join(broken, 'config.json')) || !/device:/.test(output))
    return existsSync(join(broken, 'checkpoints', 'base')) ? 'starting, restoring' : 'making the base model';
  return /Continuing after iteration [1-9]|before training:/.test(output)
    ? 'an iteration'
    : 'evaluating the base model';
}

/** Iterations whose metrics are written, and those that the newest checkpoint holds. */
function progress() {
  const lines = existsSync(join(broken, 'metrics.jsonl'))
    ? readFileSync(join(broken, 'metrics.jsonl'), 'utf8').split('\n').length - 1
    : 0;
  const names = existsSync(join(broken, 'checkpoints')) ? readdirSync(join(broken, 'checkpoints')) : [];
  return {
    recorded: lines,
    saved: Math.max(0, ...names.map((name) => Number(/^iteration-(\d+)$/.exec(name)?.[1] ?? 0))),
  };
}

/** Of the unbroken run. */
function meanIterationMs() {
  const seconds = readFileSync(join(unbroken, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => /** @type {{ seconds: { total: number } }} */ (JSON.parse(line)).seconds.total);
  return (1000 * seconds.reduce((a, b) => a + b, 0)) / seconds.length;
}

/**
 * Number of the run process, if it has taken the folder: the lock of the one that was killed before may still lie
 * there.
 */
function runProcess() {
  try {
    const { pid } = /** @type {{ pid: number }} */ (JSON.parse(readFileSync(join(broken, '.lock'), 'utf8')));
    return alive(pid) ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** @param {number} pid */
function end(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself in this moment.
  }
}

/** @param {number} pid */
function alive(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** @param {() => boolean} holds @param {number} milliseconds */
async function until(holds, milliseconds) {
  for (const deadline = performance.now() + milliseconds; !holds();) {
    if (performance.now() > deadline) return false;
    await setTimeout(2);
  }
  return true;
}

/** Uniform numbers in [0, 1) that repeat with the seed (mulberry32). @param {number} seed */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

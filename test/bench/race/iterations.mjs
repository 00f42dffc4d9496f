/**
 * Whole iterations of orz-tiny against TRL, from one base model: processes in turns, each with a few iterations, the
 * first of which is not counted.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { spread } from '../measure.mjs';
import { installedVersions, missing } from './peers.mjs';
import { pinned, workerEnvironment } from './workers.mjs';

/** @typedef {import('./report.mjs').Outcome} Outcome */
/**
 * @typedef {{ readonly folder: string, readonly core: number | undefined, readonly python: string, readonly pythonPpo:
 *   string, readonly repeats: number, readonly say: (line: string) => void }} IterationOptions
 */

/**
 * Seconds of the phases of an iteration, and of all together.
 * @typedef {Record<string, number> & { total: number }} Seconds
 */

const file = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const program = file('../../../cli/setup/orz-train.mjs');
/** Counted iterations of a process. */
const counted = 3;

/** TRL's micro-batches are the fastest of 32, 64 and 512 responses. */
const races = /** @type {const} */ ([
  { name: 'ppo', label: 'PPO iteration of orz-tiny, 512 responses', goal: 5, settings: [], microBatch: 64 },
  {
    name: 'grpo',
    label: 'GRPO iteration of orz-tiny, 512 responses',
    goal: 2.5,
    settings: ['advantage=group', 'criticUpdateSteps=0'],
    microBatch: 512,
  },
]);

/** @param {IterationOptions} options @returns {Promise<Outcome[]>} */
export async function raceIterations(options) {
  const { folder, python, pythonPpo, repeats, say } = options;
  const base = join(folder, 'base');
  // With all responses, so that every problem of the iteration is known.
  runOurs(options, {
    runFolder: base,
    iterations: 1,
    settings: ['metrics=["jsonl",{"type":"rollouts","responses":512}]'],
  });
  const problems = join(folder, 'problems.jsonl');
  writeFileSync(problems, problemsOf(base));
  const model = join(base, 'checkpoints', 'base', 'policy');
  const outcomes = [];
  for (const { name, label, goal, settings, microBatch } of races) {
    say(label);
    const peer = name === 'ppo' ? pythonPpo : python;
    let reason = missing(name, peer, installedVersions(peer));
    const ours = [],
      theirs = [];
    /** @type {Record<string, number>} */
    let phases = {};
    for (let turn = 0; turn < Math.max(1, Math.round((2 * repeats) / 5)); turn++) {
      const runFolder = join(folder, `${name}-${turn}`);
      const more = ['model.type=huggingface', `model.path=${model}`, ...settings];
      const iterations = runOurs(options, { runFolder, iterations: counted + 1, settings: more });
      ours.push(spread(iterations.map(({ total, evaluation = 0 }) => total - evaluation)).median);
      phases = medianPhases(iterations);
      if (reason !== undefined) continue;
      const arguments_ = [model, problems, `${counted + 2}`, `${microBatch}`];
      const times = runTrl(options, [peer, file(`trl_${name}.py`), ...arguments_]);
      if ('reason' in times) reason = times.reason;
      else theirs.push(spread(times.seconds).median);
    }
    const version = name === 'ppo' ? 'PPO of TRL 1.12' : 'GRPO of TRL 1.16';
    outcomes.push({ label, ours, phases, peers: [{ label: version, goal, seconds: theirs, reason }] });
  }
  return outcomes;
}

/**
 * Seconds of the iterations but for the first.
 * @param {IterationOptions} options
 * @param {{ readonly runFolder: string, readonly iterations: number, readonly settings: readonly string[] }} run
 * @returns {Seconds[]}
 */
function runOurs({ core }, { runFolder, iterations, settings }) {
  const all = [
    'backend.provider=cpu',
    'backend.threads=1',
    'evaluation.every=0',
    'evaluation.problems=16',
    ...settings,
  ];
  const [command, ...arguments_] = pinned(
    [process.execPath, program, '--preset', 'orz-tiny', '--iterations', `${iterations}`, '--run-dir', runFolder],
    core,
  );
  const { status, stdout, stderr } = spawnSync(
    command,
    [...arguments_, ...['checkpoint.every=100', ...all].flatMap((setting) => ['--set', setting])],
    { encoding: 'utf8', env: workerEnvironment(process.env, false) },
  );
  if (status !== 0) throw new Error(`The run of orz-tiny failed:\n${stdout}${stderr}`);
  return readFileSync(join(runFolder, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => JSON.parse(line).seconds);
}

/** @param {readonly Seconds[]} iterations @returns {Record<string, number>} */
function medianPhases([first, ...rest]) {
  const { total: _total, evaluation: _evaluation, ...phases } = first ?? { total: 0 };
  return Object.fromEntries(
    Object.keys(phases).map((phase) => [phase, spread([first, ...rest].map((all) => all?.[phase] ?? 0)).median]),
  );
}

/**
 * Seconds of the iterations but for the first, or why there are none.
 * @param {IterationOptions} options
 * @param {readonly [string, ...string[]]} command
 * @returns {{ readonly seconds: readonly number[] } | { readonly reason: string }}
 */
function runTrl({ core }, command) {
  const [first, ...rest] = pinned(command, core);
  const env = { ...workerEnvironment(process.env, false), TRL_EXPERIMENTAL_SILENCE: '1' };
  const { status, stdout, stderr } = spawnSync(first, rest, { encoding: 'utf8', env, maxBuffer: 1e8 });
  const seconds = stdout
    .split('\n')
    .filter((line) => line.startsWith('{"seconds"'))
    .map((line) => JSON.parse(line).seconds);
  return status === 0 && seconds.length > 0
    ? { seconds }
    : { reason: `TRL failed (${stderr.trim().split('\n').at(-1)})` };
}

/** The problems of the first iteration, one each. @param {string} run */
function problemsOf(run) {
  const [, ...lines] = gunzipSync(readFileSync(join(run, 'rollouts', '000001.train.jsonl.gz')))
    .toString()
    .trim()
    .split('\n');
  const found = new Map(
    lines.map((line) => {
      const { problem, prompt, question, gold } = JSON.parse(line);
      return [problem, JSON.stringify({ prompt, question, gold })];
    }),
  );
  return [...found.values()].join('\n');
}

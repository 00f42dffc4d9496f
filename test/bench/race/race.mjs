/**
 * The race against PyTorch, transformers, llama.cpp, TRL and Math-Verify: the same work on the same weights, one thread
 * each. Processes of each side stay alive and take turns; a ratio is taken of each round.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { machineName } from '../../results/machine-name.mjs';
import { cases } from './cases.mjs';
import { raceGrading } from './grading.mjs';
import { raceIterations } from './iterations.mjs';
import { openLane } from './lane.mjs';
import { installedVersions, missing } from './peers.mjs';
import { raceCase } from './race-case.mjs';
import { raceReports } from './report.mjs';

/** @typedef {import('./peers.mjs').Installed} Installed */
/** @typedef {import('./report.mjs').Outcome} Outcome */

/**
 * @typedef {object} RaceOptions
 * @property {string} python with PyTorch, transformers, llama-cpp-python, gguf, Math-Verify and the TRL of GRPO
 * @property {string} pythonPpo with the last TRL that has PPO
 * @property {number} repeats scales the rounds; 5 as in the tables
 * @property {(line: string) => void} say
 */

/** The last core, where the system can pin processes to one. */
function chooseCore() {
  const core = availableParallelism() - 1;
  return spawnSync('taskset', ['--cpu-list', `${core}`, 'true']).status === 0 ? core : undefined;
}

/** @param {RaceOptions} options */
export async function measureRace({ python, pythonPpo, repeats, say }) {
  const folder = mkdtempSync(join(tmpdir(), 'orz-race-'));
  const core = chooseCore();
  const installed = installedVersions(python);
  const before = loadavg()[0] ?? 0;
  try {
    const lane = openLane({ folder, core, python, installed });
    /** @type {Outcome[]} */
    const outcomes = [];
    for (const work of cases) outcomes.push(await raceCase(lane, work, { repeats, say }));
    await lane.close();
    outcomes.push(...(await raceIterations({ folder, core, python, pythonPpo, repeats, say })));
    outcomes.push(...raceGrading({ core, python, reason: missing('grading', python, installed), repeats, say }));
    const reports = raceReports(outcomes, {
      machine: `${machineName()}, load ${before.toFixed(1)} before and ${(loadavg()[0] ?? 0).toFixed(1)} after`,
      versions: versionsLine(installed, installedVersions(pythonPpo)),
      notes: notes(core),
    });
    return { reports, outcomes };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {number | undefined} core */
const notes = (core) => [
  `One thread each${core === undefined ? '' : ', all on the same processor core'}, f32, in turns; ratio: their time ` +
    'over ours, taken round by round. Median with the extremes.',
  'Before a case is timed, both sides compute the same on the same weights: loss, gradient norm and the length of ' +
    'one AdamW step in training, log-probabilities of tokens that we sampled in sampling.',
  '`transformers` is the Qwen2 of the library, in training with rows padded to the longest. `PyTorch` is the same ' +
    'network without what the library adds, on packed rows with fused attention; compiled by inductor with fixed ' +
    'shapes. llama.cpp has f32 weights and caches and computes a prompt once for its 16 responses.',
  'PPO: rewards, policy and critic trained on each of 512 responses once. Ours makes 12 critic steps and one policy ' +
    'step, TRL trains both at once in 8 mini-batches of 64. GRPO: one step of 512 responses.',
  'Ours has the memory settings of a run ([backends.md](backends.md)), the others those that their users start with.',
];

/** @param {Installed} main @param {Installed} ppo */
function versionsLine(main, ppo) {
  const named = (/** @type {Installed} */ installed) =>
    Object.entries(installed.reason === undefined ? installed.versions : {});
  const trl = named(ppo).find(([name]) => name === 'trl');
  const parts = named(main).map(([name, version]) => `${name} ${version}`);
  if (trl) parts.push(`trl ${trl[1]} for PPO`);
  return parts.length === 0 ? 'No peer was at hand' : `Peers: ${parts.join(', ')}`;
}

/** Grading against Math-Verify: both in new processes, cold and warm, on part of the corpus of the tests. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { pinned, workerEnvironment } from './workers.mjs';

/** @typedef {import('./report.mjs').Outcome} Outcome */

const program = fileURLToPath(new URL('../reward.mjs', import.meta.url));

/**
 * @typedef {object} GradingOptions
 * @property {number | undefined} core
 * @property {string} python
 * @property {string | undefined} reason why Math-Verify cannot race
 * @property {number} repeats
 * @property {(line: string) => void} say
 */

/** @param {GradingOptions} options @returns {Outcome[]} */
export function raceGrading({ core, python, reason, repeats, say }) {
  say('grading');
  /** @type {import('../reward.mjs').RewardFigures[]} */
  const rounds = [];
  for (let round = 0; round < Math.max(1, Math.round((2 * repeats) / 5)); round++) {
    const [command, ...arguments_] = pinned(
      [process.execPath, program, '--every', '4', '--python', python, '--json'],
      core,
    );
    const { status, stdout, stderr } = spawnSync(command, arguments_, {
      encoding: 'utf8',
      env: workerEnvironment(process.env, false),
    });
    if (status !== 0) throw new Error(`Grading failed:\n${stderr}`);
    rounds.push(JSON.parse(stdout));
  }
  return /** @type {const} */ (['cold', 'warm']).map((state) => ({
    label: `grading ${rounds[0]?.pairs} pairs, ${state}`,
    ours: rounds.map(({ pairs, ours }) => pairs / ours[state]),
    peers: [
      {
        label: 'Math-Verify',
        seconds: rounds.flatMap(({ pairs, mathVerify }) => (mathVerify ? [pairs / mathVerify[state]] : [])),
        reason: reason ?? (rounds.every(({ mathVerify }) => mathVerify) ? undefined : 'Math-Verify failed'),
      },
    ],
  }));
}

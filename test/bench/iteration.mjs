/**
 * Where the time of an `orz-tiny` iteration goes, and its peak memory: a short run of the real program in a process of
 * its own.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCheckpoints } from './checkpoint.mjs';
import { figure, percent, range, spread } from './measure.mjs';

const program = fileURLToPath(new URL('../../cli/setup/orz-train.mjs', import.meta.url));
/** Enough for responses that look like those of a real run. */
const baseSteps = 400;
const phases = ['sample', 'score', 'critic', 'policy', 'record', 'checkpoint'];

/**
 * @typedef {object} IterationMetrics
 * @property {number} iteration
 * @property {Record<string, number>} [seconds]
 * @property {Record<string, number>} [tokensPerSecond]
 * @property {number} [responseLength]
 * @property {number} [peakMemoryBytes]
 */

/**
 * @param {{ readonly repeats: number, readonly say: (line: string) => void }} options
 * @returns {Promise<import('./table.mjs').Report>}
 */
export async function measureIteration({ repeats, say }) {
  say(`orz-tiny, ${baseSteps} steps of the base model and ${repeats + 1} iterations`);
  const lines = shortRun(repeats + 1);
  // The first iteration compiles the programs.
  const counted = lines.slice(1);
  const of = (/** @type {(line: IterationMetrics) => number | undefined} */ value) =>
    spread(counted.map((line) => value(line) ?? NaN));
  // The evaluation after the last iteration is no part of it.
  const total = (/** @type {IterationMetrics} */ line) =>
    (line.seconds?.['total'] ?? NaN) - (line.seconds?.['evaluation'] ?? 0);
  const rows = phases.map((phase) => [
    phase,
    range(
      of((line) => line.seconds?.[phase]),
      figure,
    ),
    range(
      of((line) => (line.seconds?.[phase] ?? NaN) / total(line)),
      percent,
    ),
    phase in (lines[0]?.tokensPerSecond ?? {})
      ? range(
          of((line) => line.tokensPerSecond?.[phase]),
          figure,
        )
      : '',
  ]);
  const rest = (/** @type {IterationMetrics} */ line) =>
    total(line) - phases.reduce((sum, phase) => sum + (line.seconds?.[phase] ?? 0), 0);
  rows.push(
    [
      'everything else',
      range(of(rest), figure),
      range(
        of((line) => rest(line) / total(line)),
        percent,
      ),
      '',
    ],
    ['iteration', range(of(total), figure), '', ''],
  );
  say('a checkpoint of orz-tiny');
  const alone = spread(await checkpointSeconds(repeats));
  const iteration = of(total).median;
  return {
    name: 'iteration',
    title: 'An iteration of orz-tiny',
    columns: ['phase', 'seconds', 'share', 'tokens/s'],
    rows,
    notes: [
      `512 responses of ${figure(of((line) => line.responseLength).median)} tokens on average; the tokens of ` +
        `\`sample\` are those of the responses, all others include the prompts. \`critic\` is 12 steps, \`policy\` ` +
        `one. Iterations 2 to ${repeats + 1} of a run whose base model was trained for ${baseSteps} steps.`,
      `A checkpoint is begun after every iteration here: \`checkpoint\` is what the run waits for it, \`record\` ` +
        'is writing metrics, TensorBoard events and rollouts. The checkpoint, written with nothing beside it, takes ' +
        `${range(alone, figure)} s or ${percent(alone.median / iteration)} of an iteration.`,
      'Peak memory of the run process: ' +
        `${figure(Math.max(...lines.map((line) => line.peakMemoryBytes ?? 0)) / 2 ** 20)} MiB.`,
    ],
  };
}

/** @param {number} iterations @returns {IterationMetrics[]} */
function shortRun(iterations) {
  const folder = mkdtempSync(join(tmpdir(), 'orz-bench-'));
  try {
    const settings = [
      `model.steps=${baseSteps}`,
      'backend.provider=cpu',
      'evaluation.every=0',
      'evaluation.problems=64',
      'checkpoint.every=1',
    ].flatMap((setting) => ['--set', setting]);
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [program, '--preset', 'orz-tiny', '--iterations', `${iterations}`, '--run-dir', join(folder, 'run'), ...settings],
      { encoding: 'utf8', cwd: folder },
    );
    if (status !== 0) throw new Error(`The run of orz-tiny failed:\n${stdout}${stderr}`);
    return readFileSync(join(folder, 'run', 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => /** @type {IterationMetrics} */ (JSON.parse(line)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Seconds that writing the whole state takes when nothing else goes on. @param {number} repeats */
async function checkpointSeconds(repeats) {
  const folder = mkdtempSync(join(tmpdir(), 'orz-bench-'));
  const checkpoints = await openCheckpoints(folder);
  try {
    await checkpoints.write(); // Allocates what is read.
    const seconds = [];
    for (let i = 0; i < repeats; i++) {
      const start = performance.now();
      await checkpoints.write();
      seconds.push((performance.now() - start) / 1000);
    }
    return seconds;
  } finally {
    await checkpoints.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}

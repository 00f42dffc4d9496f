/**
 * `npm run results:before-after`: evaluates the runs of `npm run results` before and after training, 16 responses to
 * each of the first 256 held-out problems, and writes mean@16, pass@16 and the paired difference of each run into
 * docs/results.md, and pass@k to docs/images/before-after.svg.
 *
 *     npm run results:before-after -- [--folder runs/results] [--draw-only]
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { meanEstimate } from '../../dist/core/evaluation/intervals.js';
import { replaceBetweenMarkers } from '../bench/table.mjs';
import { beforeAfterTable, drawPasses } from './before-after-table.mjs';
import { output, show } from './command.mjs';

const file = (/** @type {string} */ path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const program = file('cli/setup/orz-train.mjs');
const [document, picture] = [file('docs/results.md'), file('docs/images/before-after.svg')];

const { values: options } = parseArgs({
  options: { folder: { type: 'string', default: 'runs/results' }, 'draw-only': { type: 'boolean', default: false } },
});
const folder = resolve(options.folder);
const names = readdirSync(folder)
  .filter((name) => /^seed-\d+(-shuffled)?$/.test(name))
  .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
const runs = names.map((name) => ({
  seed: Number(/\d+/.exec(name)?.[0]),
  shuffled: name.endsWith('-shuffled'),
  ...measured(name),
}));

const table = beforeAfterTable(runs, meanEstimate);
writeFileSync(picture, drawPasses(runs));
writeFileSync(document, replaceBetweenMarkers(readFileSync(document, 'utf8'), 'before-after', table));
console.log(`\n${table}\n\nWritten to ${document} and ${picture}`);

/** Both evaluations of a run, and the command's own comparison of them. @param {string} name of the run's folder */
function measured(name) {
  const [before, after] = ['base', 'final'].map((checkpoint) => {
    const out = resolve(folder, `${name}-${checkpoint}`);
    const flags = ['--run-dir', join(folder, name), '--checkpoint', checkpoint, '--samples', '16', '--limit', '256'];
    if (!options['draw-only']) show(process.execPath, [program, 'evaluate', ...flags, '--out', out]);
    return out;
  });
  if (before === undefined || after === undefined) throw new Error('There are two checkpoints');
  /** @type {import('../../core/evaluation/compare.js').EvaluationComparison} */
  const { benchmarks } = JSON.parse(
    output(process.execPath, [program, 'evaluate', '--compare', after, before, '--json']),
  );
  const [comparison] = benchmarks;
  if (comparison === undefined) throw new Error(`${name} has no held-out problems`);
  return { before: statisticsIn(before), after: statisticsIn(after), difference: comparison.difference };
}

/** @param {string} out @returns {import('./before-after-table.mjs').Statistics} */
const statisticsIn = (out) => JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')).benchmarks[0].statistics;

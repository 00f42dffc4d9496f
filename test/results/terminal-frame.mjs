/**
 * The terminal view of a run as it looked after one of its iterations, for pictures: `node
 * test/results/terminal-frame.mjs RUN_DIR [--iteration N] [--columns C] [--rows R] [--panel none|samples|help]`.
 * Prints text with colour codes, which `npm run screenshots -- --terminal FILE` draws. Needs the build (npm test
 * builds).
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';

process.env['FORCE_COLOR'] = '1'; // Before picocolors is loaded: a picture has colours.
const { applyMessage, openState } = await import('../../dist/cli/terminal/run-state.js');
const { runFrame } = await import('../../dist/cli/terminal/run-frame.js');
const { metricsLines } = await import('../../dist/cli/terminal/metrics-line.js');
const { createFolderStorage } = await import('../../dist/cli/platform/storage.js');
const { baseRecord } = await import('../../dist/core/train/metrics/iteration-metrics.js');
const { readBaseEvaluation } = await import('../../dist/core/train/state/base-evaluation.js');

const {
  positionals: [runDir],
  values,
} = parseArgs({
  allowPositionals: true,
  options: {
    iteration: { type: 'string' },
    columns: { type: 'string', default: '110' },
    rows: { type: 'string', default: '50' },
    panel: { type: 'string', default: 'samples' },
  },
});
if (runDir === undefined)
  throw new Error(
    'usage: terminal-frame.mjs RUN_DIR [--iteration N] [--columns C] [--rows R] [--panel none|samples|help]',
  );

const config = JSON.parse(readFileSync(join(runDir, 'config.json'), 'utf8'));
const all = readFileSync(join(runDir, 'metrics.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line));
const records = all.slice(0, Number(values.iteration ?? all.length));
const { samplesAfter } = JSON.parse(readFileSync(join(runDir, 'summary.json'), 'utf8'));
const state = openState('orz-tiny', config.iterations, 0);
const before = await readBaseEvaluation(createFolderStorage(runDir));
if (before) applyMessage(state, { kind: 'before', metrics: baseRecord(before.before.reports) }, 0);
let time = 0;
applyMessage(state, { kind: 'started', runDir: basename(runDir) }, time);
for (const metrics of records)
  applyMessage(state, { kind: 'metrics', metrics }, (time += 1000 * metrics.seconds.total));
if (records.length === all.length)
  applyMessage(state, { kind: 'samples', iteration: records.length, samples: samplesAfter }, time);

const panel = /** @type {import('../../cli/terminal/run-frame.js').Panel} */ (values.panel);
const above = records.slice(-3).flatMap((metrics) => metricsLines(metrics, config.iterations));
const text = [
  ...above,
  ...runFrame(state, { columns: Number(values.columns), rows: Number(values.rows), time, panel }),
].join('\n');
process.stdout.write(`${text}\n`);

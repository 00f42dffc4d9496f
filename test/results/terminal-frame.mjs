/**
 * The terminal view of a run as it looked after one of its iterations, for pictures: `node test/results/terminal-frame.mjs RUN_DIR [--iteration N] [--columns C]
 * [--panel none|samples|help] [--html]`. Prints text with colours, or a page. Needs the build (npm test builds).
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';

process.env['FORCE_COLOR'] = '1'; // Before picocolors is loaded: a picture has colours.
const { applyMessage, openState } = await import('../../dist/cli/terminal/run-state.js');
const { runFrame } = await import('../../dist/cli/terminal/run-frame.js');
const { metricsLines } = await import('../../dist/cli/terminal/metrics-line.js');

const { positionals: [runDir], values } = parseArgs({
  allowPositionals: true,
  options: { iteration: { type: 'string' }, columns: { type: 'string', default: '110' }, panel: { type: 'string', default: 'samples' }, html: { type: 'boolean', default: false } },
});
if (runDir === undefined) throw new Error('usage: terminal-frame.mjs RUN_DIR [--iteration N] [--columns C] [--panel none|samples|help] [--html]');

const config = JSON.parse(readFileSync(join(runDir, 'config.json'), 'utf8'));
const all = readFileSync(join(runDir, 'metrics.jsonl'), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
const records = all.slice(0, Number(values.iteration ?? all.length));
const { samplesAfter } = JSON.parse(readFileSync(join(runDir, 'summary.json'), 'utf8'));
const state = openState('orz-tiny', config.iterations, 0);
let time = 0;
applyMessage(state, { kind: 'started', runDir: basename(runDir) }, time);
for (const metrics of records) applyMessage(state, { kind: 'metrics', metrics }, time += 1000 * metrics.seconds.total);
if (records.length === all.length) applyMessage(state, { kind: 'samples', iteration: records.length, samples: samplesAfter }, time);

const panel = /** @type {import('../../cli/terminal/run-frame.js').Panel} */ (values.panel);
const above = records.slice(-3).flatMap((metrics) => metricsLines(metrics, config.iterations));
const text = [...above, ...runFrame(state, { columns: Number(values.columns), time, panel })].join('\n');
process.stdout.write(values.html ? page(text) : `${text}\n`);

/** @param {string} ansi */
function page(ansi) {
  const escaped = ansi.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  /** @type {Record<string, string>} */
  const open = { 1: 'font-weight:bold', 2: 'opacity:.6', 31: 'color:#e06c75', 32: 'color:#98c379', 33: 'color:#e5c07b', 36: 'color:#56b6c2' };
  let spans = 0;
  // eslint-disable-next-line no-control-regex -- reading colour sequences is the point
  const body = escaped.replace(/\u001b\[(\d+)m/g, (_, code) => {
    if (open[code]) { spans++; return `<span style="${open[code]}">`; }
    if (code === '0') { const closing = '</span>'.repeat(spans); spans = 0; return closing; }
    if (spans === 0) return '';
    spans--;
    return '</span>';
  });
  return `<!doctype html><meta charset="utf-8"><title>Terminal</title><body style="margin:0;background:#1e2127"><pre style="display:inline-block;margin:0;padding:16px;color:#dcdfe4;font:14px/1.35 'DejaVu Sans Mono',monospace">${body}</pre>\n`;
}

/** Whether two runs left the same results, byte for byte but for what is measured. */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Metrics that are measured, not computed; docs/metrics.md lists them under speed and memory. */
const costs = new Set(['seconds', 'phaseShare', 'tokensPerSecond', 'memoryBytes', 'peakMemoryBytes']);

/** @typedef {{ readonly what: string, readonly equal: boolean, readonly detail: string }} Comparison */

/** @param {string} one @param {string} other run folders @returns {Comparison[]} */
export function compareRuns(one, other) {
  return [
    compareText('metrics.jsonl without times and memory', one, other, metricsOf),
    compareText('summary.json without times and location', one, other, summaryOf),
    compareFiles('weights of policy and critic, moments', one, other, (path) =>
      /^checkpoints\/final\/.*\.safetensors$/.test(path),
    ),
    compareFiles(
      'all other files of the final models',
      one,
      other,
      (path) => /^checkpoints\/final\/(policy|critic)\//.test(path) && !path.endsWith('.safetensors'),
    ),
    compareFiles('rollouts', one, other, (path) => path.startsWith('rollouts/')),
  ];
}

/** @param {string} folder */
function metricsOf(folder) {
  return readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.stringify(JSON.parse(line), (key, value) => (costs.has(key) ? undefined : value)))
    .join('\n');
}

/** @param {string} folder */
function summaryOf(folder) {
  return JSON.stringify({
    .../** @type {object} */ (JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8'))),
    seconds: 0,
    location: '',
  });
}

/**
 * @param {string} what
 * @param {string} one
 * @param {string} other
 * @param {(folder: string) => string} read
 * @returns {Comparison}
 */
function compareText(what, one, other, read) {
  const [a, b] = [read(one), read(other)];
  return {
    what,
    equal: a === b,
    detail:
      a === b
        ? `${a.split('\n').length} lines, ${digest(a)}`
        : `${a.split('\n').length} and ${b.split('\n').length} lines`,
  };
}

/**
 * @param {string} what
 * @param {string} one
 * @param {string} other
 * @param {(path: string) => boolean} chosen
 * @returns {Comparison}
 */
function compareFiles(what, one, other, chosen) {
  const [a, b] = [one, other].map((folder) =>
    /** @type {string[]} */ (readdirSync(folder, { recursive: true }))
      .filter((path) => chosen(path) && statSync(join(folder, path)).isFile())
      .sort(),
  );
  const paths = [...new Set([...(a ?? []), ...(b ?? [])])];
  const differing = paths.filter(
    (path) =>
      !(
        a?.includes(path) &&
        b?.includes(path) &&
        readFileSync(join(one, path)).equals(readFileSync(join(other, path)))
      ),
  );
  const equal = paths.length > 0 && differing.length === 0;
  return {
    what,
    equal,
    detail: equal
      ? `${paths.length} files, ${digest(paths.map((path) => digest(readFileSync(join(one, path)))).join())}`
      : paths.length === 0
        ? 'none found'
        : `differ: ${differing.slice(0, 5).join(', ')}`,
  };
}

/** @param {string | Buffer} content */
const digest = (content) => `SHA-256 ${createHash('sha256').update(content).digest('hex').slice(0, 12)}…`;

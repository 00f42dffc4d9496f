/**
 * Pairs graded per second on one core, and the ratio to Math-Verify on the same pairs where Python has it.
 *
 *     node test/bench/reward.mjs [--pairs FILE.jsonl] [--every 1] [--python python3] [--json]
 *
 * Without `--pairs` (lines with `gold` and `prediction`, bare answers) the corpus of the tests is graded; `--every 4`
 * takes one pair in four. Run `npm run prepare` first.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createJiti } from 'jiti';

/** @typedef {{ gold: string, prediction: string, equal?: boolean }} Pair */
/**
 * Pairs per second of one core: over the first pass of a new process, and once everything is compiled and cached.
 * @typedef {{ cold: number, warm: number }} Rates
 */
/**
 * @typedef {{ pairs: number, correct: number, ours: Rates, medianMs: number, worstMs: number,
 *   mathVerify: Rates | undefined }} RewardFigures
 */

/** Of passes once warm. */
const seconds = 3;

/** @returns {Promise<Pair[]>} */
async function corpusOfTests() {
  const { corpusPairs } = /** @type {{ corpusPairs: () => Iterable<Pair> }} */ (
    await createJiti(import.meta.url).import('../plugins/reward-math/corpus.ts')
  );
  return [...corpusPairs()];
}

/**
 * The cold rate is that of the first call in a process.
 * @param {readonly Pair[]} pairs
 * @param {string} python
 * @returns {Promise<RewardFigures>}
 */
export async function measureReward(pairs, python) {
  const { verify } = await import('../../dist/plugins/reward-math/verify.js');
  const { mathRewardSettings } = await import('../../dist/plugins/reward-math/settings.js');
  const settings = mathRewardSettings.parse({});
  const begin = cpuSeconds();
  const correct = pairs.filter(({ gold, prediction }) => verify(gold, prediction, settings).verdict === 'correct');
  const cold = pairs.length / (cpuSeconds() - begin);
  const times = [];
  const start = cpuSeconds();
  while (cpuSeconds() - start < seconds) {
    for (const { gold, prediction } of pairs) {
      const before = performance.now();
      verify(gold, prediction, settings);
      times.push(performance.now() - before);
    }
  }
  const warm = times.length / (cpuSeconds() - start);
  times.sort((a, b) => a - b);
  return {
    pairs: pairs.length,
    correct: correct.length,
    ours: { cold, warm },
    medianMs: times[times.length >> 1] ?? 0,
    worstMs: times.at(-1) ?? 0,
    mathVerify: mathVerify(pairs, python),
  };
}

function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Math-Verify's own rates in processor seconds, imports not counted: of its first pass, and of its second. */
const script = `
import json, sys, time, logging
logging.disable(logging.CRITICAL)
from math_verify import parse, verify
pairs = [json.loads(line) for line in sys.stdin]
for _ in range(2):
    start = time.process_time()
    for pair in pairs:
        try:
            gold = parse('$' + pair['gold'] + '$', parsing_timeout=2)
            prediction = parse('$' + pair['prediction'] + '$', parsing_timeout=2)
            verify(gold, prediction, timeout_seconds=2)
        except Exception:
            pass
    print(len(pairs) / (time.process_time() - start))
`;

/**
 * Undefined without Python or Math-Verify.
 * @param {readonly Pair[]} pairs
 * @param {string} python
 * @returns {Rates | undefined}
 */
function mathVerify(pairs, python) {
  const input = pairs.map(({ gold, prediction }) => JSON.stringify({ gold, prediction })).join('\n');
  const { status, stdout } = spawnSync(python, ['-W', 'ignore', '-c', script], {
    input,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const [cold, warm] = stdout.trim().split('\n').slice(-2).map(Number);
  return status === 0 && cold !== undefined && warm !== undefined ? { cold, warm } : undefined;
}

/**
 * The section of `npm run bench`, on the corpus of the tests.
 * @param {string} python
 * @returns {Promise<import('./table.mjs').Report>}
 */
export async function reportReward(python) {
  const { pairs, ours, medianMs, worstMs, mathVerify: theirs } = await measureReward(await corpusOfTests(), python);
  const row = (/** @type {'cold' | 'warm'} */ state) => [
    `${pairs}, ${state}`,
    ours[state].toFixed(0),
    theirs?.[state].toFixed(0) ?? '–',
    theirs ? `${(ours[state] / theirs[state]).toFixed(0)}×` : '–',
  ];
  return {
    name: 'reward',
    title: 'Grading',
    columns: ['pairs', 'per second and core', 'Math-Verify, per second and core', 'ratio'],
    rows: [row('cold'), row('warm')],
    notes: [
      'Cold: the first pass of a new process, imports not counted. Warm: later passes over the same pairs; ' +
        `median ${medianMs.toFixed(3)} ms, slowest ${worstMs.toFixed(0)} ms.`,
      theirs
        ? 'Math-Verify on the same pairs in a process of its own, processor seconds.'
        : `No ratio: ${python} has no math-verify.`,
    ],
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      pairs: { type: 'string' },
      every: { type: 'string', default: '1' },
      python: { type: 'string', default: 'python3' },
      json: { type: 'boolean', default: false },
    },
  });
  const all =
    values.pairs === undefined
      ? await corpusOfTests()
      : readFileSync(values.pairs, 'utf8')
          .trim()
          .split('\n')
          .map((line) => /** @type {Pair} */ (JSON.parse(line)));
  const pairs = all.filter((_, k) => k % Number(values.every) === 0);
  const found = await measureReward(pairs, values.python);
  if (values.json) console.log(JSON.stringify(found));
  else print(found, values.python);
}

/** @param {RewardFigures} found @param {string} python */
function print(found, python) {
  const shown = (/** @type {Rates} */ { cold, warm }) =>
    `${cold.toFixed(0)} pairs per second of one core cold, ${warm.toFixed(0)} warm`;
  console.log(
    `${found.pairs} pairs, ${found.correct} correct: ${shown(found.ours)}; ` +
      `median ${found.medianMs.toFixed(3)} ms, worst ${found.worstMs.toFixed(1)} ms`,
  );
  console.log(found.mathVerify ? `Math-Verify: ${shown(found.mathVerify)}` : `No Math-Verify in ${python}: no ratio.`);
}

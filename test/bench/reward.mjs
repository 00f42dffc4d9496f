/**
 * Pairs graded per second on one core, and the ratio to Math-Verify on the same pairs where Python has it.
 *
 *     node test/bench/reward.mjs [--pairs FILE.jsonl] [--python python3]
 *
 * Without `--pairs` (lines with `gold` and `prediction`, bare answers) the corpus of the tests is graded. Run `npm run
 * prepare` first.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createJiti } from 'jiti';

/** @typedef {{ gold: string, prediction: string, equal?: boolean }} Pair */
/**
 * @typedef {{ pairs: number, perSecond: number, medianMs: number, worstMs: number, mathVerifyPerSecond: number |
 *   undefined, correct: number }} RewardFigures
 */

const seconds = 3;

/** @returns {Promise<Pair[]>} */
async function corpusOfTests() {
  const { corpusPairs } = /** @type {{ corpusPairs: () => Iterable<Pair> }} */ (
    await createJiti(import.meta.url).import('../plugins/reward-math/corpus.ts')
  );
  return [...corpusPairs()];
}

/**
 * @param {readonly Pair[]} pairs
 * @param {string} python
 * @returns {Promise<RewardFigures>}
 */
export async function measureReward(pairs, python) {
  const { verify } = await import('../../dist/plugins/reward-math/verify.js');
  const { mathRewardSettings } = await import('../../dist/plugins/reward-math/settings.js');
  const settings = mathRewardSettings.parse({});
  const correct = pairs.filter(
    ({ gold, prediction }) => verify(gold, prediction, settings).verdict === 'correct',
  ).length;
  const times = [];
  const start = process.cpuUsage();
  const used = () => {
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1e6;
  };
  while (used() < seconds) {
    for (const { gold, prediction } of pairs) {
      const before = performance.now();
      verify(gold, prediction, settings);
      times.push(performance.now() - before);
    }
  }
  const perSecond = times.length / used();
  times.sort((a, b) => a - b);
  return {
    pairs: pairs.length,
    correct,
    perSecond,
    medianMs: times[times.length >> 1] ?? 0,
    worstMs: times.at(-1) ?? 0,
    mathVerifyPerSecond: mathVerify(pairs, python),
  };
}

/**
 * Math-Verify's own rate in processor seconds, imports and start not counted; undefined without Python or Math-Verify.
 */
const script = `
import json, sys, time, logging
logging.disable(logging.CRITICAL)
from math_verify import parse, verify
pairs = [json.loads(line) for line in sys.stdin]
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
 * @param {readonly Pair[]} pairs
 * @param {string} python
 */
function mathVerify(pairs, python) {
  const input = pairs.map(({ gold, prediction }) => JSON.stringify({ gold, prediction })).join('\n');
  const { status, stdout } = spawnSync(python, ['-W', 'ignore', '-c', script], {
    input,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  return status === 0 ? Number(stdout.trim().split('\n').at(-1)) : undefined;
}

/**
 * The section of `npm run bench`, on the corpus of the tests.
 * @param {string} python
 * @returns {Promise<import('./table.mjs').Report>}
 */
export async function reportReward(python) {
  const { pairs, perSecond, medianMs, worstMs, mathVerifyPerSecond } = await measureReward(
    await corpusOfTests(),
    python,
  );
  const ratio = mathVerifyPerSecond === undefined ? '–' : `${(perSecond / mathVerifyPerSecond).toFixed(0)}×`;
  return {
    name: 'reward',
    title: 'Grading',
    columns: ['pairs', 'per second and core', 'median', 'slowest', 'Math-Verify, per second and core', 'ratio'],
    rows: [
      [
        `${pairs}`,
        perSecond.toFixed(0),
        `${medianMs.toFixed(3)} ms`,
        `${worstMs.toFixed(0)} ms`,
        mathVerifyPerSecond?.toFixed(0) ?? '–',
        ratio,
      ],
    ],
    notes: [
      mathVerifyPerSecond === undefined
        ? `No ratio: ${python} has no math-verify.`
        : `Math-Verify on the same pairs, processor seconds without imports.`,
    ],
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { pairs: { type: 'string' }, python: { type: 'string', default: 'python3' } },
  });
  const pairs =
    values.pairs === undefined
      ? await corpusOfTests()
      : readFileSync(values.pairs, 'utf8')
          .trim()
          .split('\n')
          .map((line) => /** @type {Pair} */ (JSON.parse(line)));
  const found = await measureReward(pairs, values.python);
  console.log(
    `${found.pairs} pairs, ${found.correct} correct: ${found.perSecond.toFixed(0)} pairs per second of one core, ` +
      `median ${found.medianMs.toFixed(3)} ms, worst ${found.worstMs.toFixed(1)} ms`,
  );
  if (found.mathVerifyPerSecond === undefined) console.log(`No Math-Verify in ${values.python}: no ratio.`);
  else
    console.log(
      `Math-Verify: ${found.mathVerifyPerSecond.toFixed(0)} pairs per second of one core; ` +
        `ratio ${(found.perSecond / found.mathVerifyPerSecond).toFixed(1)}`,
    );
}

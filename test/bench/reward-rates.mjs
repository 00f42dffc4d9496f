/**
 * How often the math reward accepts what is wrong and rejects what is right, per corpus, as the table of
 * docs/reward.md.
 *
 *     node test/bench/reward-rates.mjs
 *
 * Run `npm run prepare` first. Corpora of development data count only where they lie beside the repository.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createJiti } from 'jiti';

/** @typedef {{ name: string, expected: boolean, got: boolean, verdict: string }} Judged */

const { mathRewardSettings } = await import('../../dist/plugins/reward-math/settings.js');
const { verify } = await import('../../dist/plugins/reward-math/verify.js');
const { gradeRecords } = /** @type {typeof import('../cli/grade/math-grader.js')} */ (
  await createJiti(import.meta.url).import('../cli/grade/math-grader.ts')
);
const shared = new URL('../../../shared/data/', import.meta.url);
const settings = mathRewardSettings.parse({});

/**
 * @param {string} name
 * @param {{ gold: string, prediction: string, equal: boolean }[]} pairs
 */
function report(name, pairs) {
  print(
    name,
    pairs.map(({ gold, prediction, equal }) => ({
      expected: equal,
      verdict: verify(gold, prediction, settings).verdict,
    })),
  );
}

/**
 * @param {string} name
 * @param {{ expected: boolean, verdict: string }[]} judged
 */
function print(name, judged) {
  const [right, wrong] = [judged.filter((one) => one.expected), judged.filter((one) => !one.expected)];
  const accepted = wrong.filter((one) => one.verdict === 'correct').length;
  const rejected = right.filter((one) => one.verdict !== 'correct').length;
  const undecidable = judged.filter((one) => one.verdict === 'undecidable').length;
  console.log(
    `| ${name} | ${judged.length} | ${accepted} of ${wrong.length} | ${rejected} of ${right.length} | ${undecidable} |`,
  );
}

/**
 * @param {string} name
 * @param {string} path
 * @param {(one: any) => boolean} expected
 */
async function reportFile(name, path, expected) {
  const cases = JSON.parse(readFileSync(new URL(path, shared), 'utf8')).cases.filter(
    (/** @type {any} */ one) => one.disputed === undefined,
  );
  const graded = await gradeRecords(cases);
  const judged = graded.map((line, i) => ({
    expected: expected(cases[i]),
    verdict: line.kind === 'graded' ? line.verdict : line.kind,
  }));
  print(name, judged);
}

console.log('| corpus | pairs | false accepts | false rejects | undecidable |\n| --- | ---: | ---: | ---: | ---: |');
const { corpusPairs } = /** @type {any} */ (
  await createJiti(import.meta.url).import('../plugins/reward-math/corpus.ts')
);
report('own corpus', [...corpusPairs()]);
if (existsSync(shared)) {
  await reportFile('tests of Math-Verify', 'math-verify/dev.json', (one) => one.expected);
  await reportFile('whole responses', 'math-verify/responses-dev.json', (one) => one.expected_reward === 1);
  const rows = readFileSync(new URL('eval/rollouts_math_100x8.jsonl', shared), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  report(
    'completions with verdicts of another grader',
    rows.flatMap(({ gt, pred, score }) =>
      pred.map((/** @type {string} */ prediction, /** @type {number} */ k) => ({
        gold: gt,
        prediction,
        equal: score[k],
      })),
    ),
  );
} else console.log('No development data beside the repository: only the own corpus was graded.');

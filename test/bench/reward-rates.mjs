/**
 * How often the math reward accepts what is wrong and rejects what is right, per corpus, and Math-Verify on the same
 * pairs in the same run where a Python has it: the table of docs/reward.md.
 *
 *     node test/bench/reward-rates.mjs [--data FOLDER] [--python PYTHON] [--list]
 *
 * Run `npm run prepare` first. `--data` names the folder of development data; only the project's own corpora are graded
 * where it does not exist. `--list` prints every pair that is judged against its label.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createJiti } from 'jiti';

/**
 * `bare`: gold and prediction are answers; otherwise both are texts from which the answers are extracted.
 * @typedef {{ gold: string, prediction: string, equal: boolean, bare: boolean }} Pair
 */

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: fileURLToPath(new URL('../../../shared/data', import.meta.url)) },
    python: { type: 'string' },
    list: { type: 'boolean', default: false },
  },
});
const { answerAnywhere } = await import('../../dist/plugins/reward-math/answers.js');
const { extractAnswer } = await import('../../dist/plugins/reward-math/extract-answer.js');
const { mathRewardSettings } = await import('../../dist/plugins/reward-math/settings.js');
const { verify } = await import('../../dist/plugins/reward-math/verify.js');
const settings = mathRewardSettings.parse({});

/** @param {Pair} pair */
function verdictOf({ gold, prediction, bare }) {
  const extract = (/** @type {string} */ text) => (bare ? text : answerAnywhere(text, settings));
  const answer = extract(prediction);
  return answer === undefined ? 'no-answer' : verify(extract(gold) ?? gold, answer, settings).verdict;
}

/** Math-Verify's verdicts on pairs; both sides as it wants them, an answer in a box and a gold in dollars. */
const script = `
import json, sys, logging
logging.disable(logging.CRITICAL)
from math_verify import parse, verify
for line in sys.stdin:
    pair = json.loads(line)
    gold = '$' + pair['gold'] + '$' if pair['bare'] else pair['gold']
    answer = '\\\\boxed{' + pair['prediction'] + '}' if pair['bare'] else pair['prediction']
    try:
        right = verify(parse(gold, parsing_timeout=3), parse(answer, parsing_timeout=3), timeout_seconds=3)
    except Exception:
        right = False
    print(json.dumps(bool(right)), flush=True)
`;

/**
 * @param {readonly Pair[]} pairs
 * @returns {boolean[] | undefined}
 */
function mathVerify(pairs) {
  if (values.python === undefined) return undefined;
  const input = pairs.map((pair) => JSON.stringify(pair)).join('\n');
  const { status, stdout } = spawnSync(values.python, ['-W', 'ignore', '-c', script], {
    input,
    encoding: 'utf8',
    maxBuffer: 1e8,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  return status === 0
    ? stdout
        .trim()
        .split('\n')
        .map((line) => line === 'true')
    : undefined;
}

/**
 * @param {readonly Pair[]} pairs
 * @param {readonly boolean[]} accepted
 */
function rates(pairs, accepted) {
  const wrong = pairs.filter(({ equal }) => !equal).length;
  const falseAccepts = pairs.filter(({ equal }, k) => !equal && accepted[k]).length;
  const falseRejects = pairs.filter(({ equal }, k) => equal && !accepted[k]).length;
  return `${falseAccepts} of ${wrong} | ${falseRejects} of ${pairs.length - wrong}`;
}

/**
 * @param {string} name
 * @param {readonly Pair[]} pairs
 */
function report(name, pairs) {
  const verdicts = pairs.map(verdictOf);
  const accepted = verdicts.map((verdict) => verdict === 'correct');
  const other = mathVerify(pairs);
  const undecidable = verdicts.filter((verdict) => verdict === 'undecidable').length;
  const columns = [name, `${pairs.length}`, rates(pairs, accepted), `${undecidable}`];
  console.log(`| ${[...columns, other ? rates(pairs, other) : '– | –'].join(' | ')} |`);
  if (!values.list) return;
  for (const [k, { gold, prediction, equal }] of pairs.entries())
    if (accepted[k] !== equal)
      console.log(`    ${equal ? 'rejects' : 'accepts'} ${JSON.stringify({ gold, prediction })}`);
}

const jiti = createJiti(import.meta.url);
const { corpusPairs } = /** @type {any} */ (await jiti.import('../plugins/reward-math/corpus.ts'));
const { faultClasses, pairsOf } = /** @type {any} */ (await jiti.import('../plugins/reward-math/fault-classes.ts'));
/** @param {readonly any[]} pairs */
const bare = (pairs) => pairs.map(({ gold, prediction, equal }) => ({ gold, prediction, equal, bare: true }));
/** @param {string} path */
const file = (path) => readFileSync(join(values.data, path), 'utf8');
/**
 * @param {string} path
 * @returns {any[]}
 */
const lines = (path) =>
  file(path)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

console.log('| corpus | pairs | false accepts | false rejects | undecidable | MV false accepts | MV false rejects |');
console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: |');
report('own corpus', bare([...corpusPairs()]));
report('own classes of faults', bare(faultClasses.flatMap(pairsOf)));
if (existsSync(values.data)) {
  for (const name of ['verifier-faults', 'realistic-variants'])
    report(name, bare(lines(`cases/${name}.jsonl`).map((one) => ({ ...one, equal: one.value === 1 }))));
  report('public reports', publicReports());
  const labelled = JSON.parse(file('math-verify/dev.json')).cases;
  report(
    'tests of Math-Verify',
    labelled
      .filter((/** @type {any} */ one) => one.disputed === undefined && one.config === undefined)
      .map((/** @type {any} */ one) => ({ ...one, equal: one.expected, bare: false })),
  );
  const rollouts = lines('eval/rollouts_math_100x8.jsonl').flatMap(({ gt, pred, score }) =>
    pred.map((/** @type {string} */ prediction, /** @type {number} */ k) => ({
      gold: gt,
      prediction,
      equal: score[k],
    })),
  );
  report('completions with verdicts of another grader', bare(rollouts));
} else console.log(`No development data at ${values.data}: only the own corpora were graded.`);

/** @returns {Pair[]} */
function publicReports() {
  return readdirSync(join(values.data, 'cases/public-reports')).flatMap((folder) => {
    const path = `cases/public-reports/${folder}`;
    if (!existsSync(join(values.data, path, 'expected.jsonl'))) return [];
    const expected = lines(`${path}/expected.jsonl`);
    return lines(`${path}/input.jsonl`).map(({ gold, response, prediction }, k) => ({
      gold,
      prediction: response === undefined ? prediction : (extractAnswer(response) ?? ''),
      equal: expected[k].value === 1,
      bare: response !== undefined,
    }));
  });
}

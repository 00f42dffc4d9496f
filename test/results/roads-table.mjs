/** The tables of `npm run results:roads`. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asMarkdown } from '../bench/table.mjs';

/** @typedef {import('../../core/evaluation/results.js').EvaluationResults} Results */
/** @typedef {import('../../core/evaluation/results.js').ResponseLine} Line */
/** @typedef {{ results: Results, lines: Readonly<Record<string, readonly Line[]>> }} Part */
/** @typedef {{ name: string, parts: readonly (Part | undefined)[] }} Road */
/** @typedef {{ benchmark: string, problem: string, prompt: string, a: string, b: string }} Difference */

/** What an evaluation left in its folder; undefined where it is not finished. @param {string} folder */
export function readRoad(folder) {
  const path = join(folder, 'results.json');
  if (!existsSync(path)) return undefined;
  /** @type {Results} */
  const results = JSON.parse(readFileSync(path, 'utf8'));
  const lines = results.benchmarks.map(({ name }) => {
    const text = readFileSync(join(folder, 'responses', `${name}.jsonl`), 'utf8');
    return [
      name,
      text
        .trimEnd()
        .split('\n')
        .map((line) => /** @type {Line} */ (JSON.parse(line))),
    ];
  });
  return { results, lines: Object.fromEntries(lines) };
}

/** @param {readonly Road[]} roads @param {string} note */
export function scoreReport(roads, note) {
  const benchmarks = roads[0]?.parts.flatMap((part) => part?.results.benchmarks ?? []) ?? [];
  return asMarkdown({
    name: 'roads',
    title: 'Right answers in per cent, with 95 % intervals',
    columns: ['road', ...benchmarks.map(({ title, questions }) => `${title}, ${questions.length} questions`)],
    rows: roads.map(({ name, parts }) => [
      name,
      ...parts.flatMap((part) => part?.results.benchmarks ?? []).map(({ statistics }) => percent(statistics.mean)),
    ]),
    notes: [note],
  });
}

/** @param {Results['benchmarks'][number]['statistics']['mean']} estimate */
function percent({ mean, interval }) {
  const shown = (/** @type {number} */ share) => (100 * share).toFixed(1);
  return interval === null ? shown(mean) : `${shown(mean)} [${interval.map(shown).join(', ')}]`;
}

/** Responses that are not equal, character by character. @param {Road} ours @param {Road} other */
export function differences(ours, other) {
  let total = 0;
  /** @type {Difference[]} */
  const different = [];
  for (const [i, part] of ours.parts.entries())
    for (const [benchmark, lines] of Object.entries(part?.lines ?? {}))
      for (const [j, { problem, prompt, text: a }] of lines.entries()) {
        const b = other.parts[i]?.lines[benchmark]?.[j];
        if (b?.problem !== problem) throw new Error(`${other.name} has no answer to ${problem}`);
        total++;
        if (b.text !== a) different.push({ benchmark, problem, prompt, a, b: b.text });
      }
  return { total, different };
}

/**
 * @param {readonly { name: string, found: ReturnType<typeof differences>, gaps: readonly { gap: number }[] }[]} roads
 */
export function agreementReport(roads) {
  return asMarkdown({
    name: 'roads',
    title: 'Greedy responses that are equal to those of this project, character by character',
    columns: ['road', 'equal', 'of', 'widest gap of logits where they part'],
    rows: roads.map(({ name, found: { total, different }, gaps }) => [
      name,
      `${total - different.length}`,
      `${total}`,
      gaps.length === 0 ? '–' : Math.max(...gaps.map(({ gap }) => Math.abs(gap))).toExponential(1),
    ]),
    notes: [
      'The gap is that of the two tokens in which two responses differ first, under the f32 weights: where it is a ' +
        'rounding error, both are equally probable and the order of sums decides.',
    ],
  });
}

/** Problems and tables of `npm run results:smollm2`. */

/** @typedef {import('../../core/evaluation/results.js').EvaluationResults} Results */
/** @typedef {import('../../core/evaluation/results.js').ResponseLine} Line */

/** The largest number in a problem or its answer. */
const largest = 20;

/**
 * Problems of two numbers up to {@link largest}, whose answer is a whole one: what a model of this size sometimes
 * solves. Every fourth is held out.
 * @param {string} table train.csv of MAWPS and ASDiv-A in SVAMP's repository; `number0` and `number1` stand for numbers
 */
export function readWordProblems(table) {
  const problems = parseRows(table).flatMap(([text = '', numbers = '', , result = ''], i) => {
    const values = numbers.trim().split(/\s+/).map(Number);
    const whole = [...values, Number(result)].every((value) => Number.isInteger(value) && value <= largest);
    if (values.length !== 2 || !whole) return [];
    const question = text
      .replaceAll(/number([01])/g, (_, k) => `${values[Number(k)]}`)
      .replaceAll(/ +([.,?!'])/g, '$1')
      .replaceAll('$ ', '$');
    return [{ id: `word-problem-${i}`, question, answer: `${Number(result)}` }];
  });
  return { train: problems.filter((_, i) => i % 4 !== 3), heldOut: problems.filter((_, i) => i % 4 === 3) };
}

/** Rows of comma-separated values after the first, which names the columns. @param {string} table */
const parseRows = (table) =>
  table
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(,|$)/g)].map(([, cell = '']) => unquoted(cell.trim())));

/** @param {string} cell */
const unquoted = (cell) => (cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);

/** @param {readonly Results[]} measured before and after training */
export function heldOutTable(measured) {
  const quantities = /** @type {const} */ ([
    ['right, mean of the responses', 'mean'],
    ['cut at the limit', 'truncated'],
    ['length of right responses, tokens', 'lengthRight'],
    ['length of wrong responses, tokens', 'lengthWrong'],
  ]);
  const all = measured.map((results) => {
    const [benchmark] = results.benchmarks;
    if (benchmark === undefined) throw new Error('The held-out problems were not measured');
    return benchmark;
  });
  const { questions, sampling } = /** @type {(typeof all)[number]} */ (all[0]);
  const rows = quantities.map(([title, name]) => [title, ...all.map(({ statistics }) => estimate(statistics[name]))]);
  const passes = all.map(({ statistics }) => estimate(statistics.passAtK.at(-1) ?? null));
  return markdown(
    [`${questions.length} held-out problems × ${sampling.samples}`, 'before', 'after'],
    [...rows.slice(0, 1), [`right at least once in ${sampling.samples}`, ...passes], ...rows.slice(1)],
  );
}

/** The first responses to the first problems. @param {readonly string[]} texts files of responses, before and after */
export function answersTable(...texts) {
  const [before, after] = texts.map((text) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => /** @type {Line} */ (JSON.parse(line)))
      .filter(({ sample }) => sample === 0)
      .slice(0, 4),
  );
  if (!before || !after) throw new Error('Responses before and after are needed');
  const rows = before.map((line, i) => [
    questionOf(line),
    line.gold,
    ...[line, after[i]].map((each) => (each ? `${quoted(each.text)} (${each.verdict})` : '')),
  ]);
  return markdown(['problem', 'answer', 'before', 'after'], rows);
}

/** The user's message without the instruction that follows it. @param {Line} line */
const questionOf = ({ prompt }) => quoted(/<\|im_start\|>user\n([^\n]*)/.exec(prompt)?.[1] ?? prompt);

/** A text in a cell of a table, as it is. @param {string} text */
const quoted = (text) => `\`${text.trim().replaceAll(/\s+/g, ' ').replaceAll('`', "'").replaceAll('|', '\\|')}\``;

/** @param {{ mean: number, interval: readonly [number, number] | null } | null} of */
function estimate(of) {
  if (of === null) return '–';
  const shown = (/** @type {number} */ x) => (x <= 1 ? x.toFixed(3) : x.toFixed(1));
  return of.interval === null ? shown(of.mean) : `${shown(of.mean)} (${of.interval.map(shown).join(' to ')})`;
}

/** @param {readonly string[]} columns @param {readonly (readonly string[])[]} rows */
const markdown = (columns, rows) =>
  [columns, columns.map((_, c) => (c === 0 ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');

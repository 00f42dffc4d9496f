/** Problems and tables of `npm run results:smollm2`. */

/** @typedef {import('../../core/evaluation/results.js').EvaluationResults} Results */
/** @typedef {import('../../core/evaluation/results.js').ResponseLine} Line */
/** @typedef {{ ID: string, Body: string, Question: string, Answer: number }} SvampProblem */

/**
 * The last fifth is held out: problems that vary one text are neighbours, so hardly any of them are on both sides.
 * @param {readonly SvampProblem[]} problems
 */
export function splitProblems(problems) {
  const records = problems.map(({ ID, Body, Question, Answer }) => ({
    id: ID,
    question: joined(Body.trim(), Question.trim()),
    answer: `${Answer}`,
  }));
  const split = Math.floor(0.8 * records.length);
  return { train: records.slice(0, split), heldOut: records.slice(split) };
}

/** A text without a full stop is the first half of a sentence. @param {string} body @param {string} question */
const joined = (body, question) =>
  /[.?!]$/.test(body) ? `${body} ${question}` : `${body}, ${question.charAt(0).toLowerCase()}${question.slice(1)}`;

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

import type { Model, Sequence, TokenScores } from '../../contracts/model.js';
import { elementAt, zip } from '../../arrays.js';
import type { Segment } from '../../contracts/data.js';
import type { ErrorCode } from '../../errors.js';
import { policyLength } from '../../segments.js';
import { requireClose, requireDefined, requireErrorCode, requireThat, type ConformanceCheck } from '../check.js';
import { exampleLengths, exampleSequences } from '../example-model.js';
import { withEngine, type EngineFixture, type EngineUnderTest } from './harness.js';

/** The scores a model gives: complete, normalised, causal, and independent of the other sequences. */
export function scoreChecks(test: EngineUnderTest): ConformanceCheck[] {
  const both = { critic: true } as const;
  return [
    withEngine(test, 'one finite score per response token, in the order of the sequences', both, checkCompleteness),
    withEngine(
      test,
      'probabilities of all next tokens add up to 1, and entropy is theirs, at any temperature',
      {},
      checkNormalisation,
    ),
    withEngine(test, 'a score depends on the tokens up to its own and on all of them', both, checkCausality),
    withEngine(test, 'the prompt decides the first token and the value before it', both, checkPromptInfluence),
    withEngine(test, 'a sequence has the same scores alone, in any batch and in any order', both, checkIndependence),
    withEngine(test, 'tokens of an environment are read and have no scores', both, checkEnvironmentTokens),
    withEngine(test, 'no sequences have no scores', {}, async ({ policy }) => {
      requireThat((await policy.forward([])).length === 0, 'scores without sequences');
    }),
    withEngine(test, 'malformed sequences are refused', {}, checkRefusals),
  ];
}

/** One kind of score; fails the check if the model gave none. */
export const scoreRow = (scores: TokenScores, name: keyof TokenScores): Float32Array =>
  requireDefined(`${name} of a sequence`, scores[name]);

/** Requires that two lists of scores agree, every name and every token. */
export function requireSameScores(
  what: string,
  actual: readonly TokenScores[],
  expected: readonly TokenScores[],
  tolerance: number,
): void {
  const count = `${what}: scores of ${actual.length} sequences instead of ${expected.length}`;
  requireThat(actual.length === expected.length, count);
  for (const [a, e, s] of zip(actual, expected)) {
    for (const [name, values] of Object.entries(e) as [keyof TokenScores, Float32Array][])
      requireClose(`${what}: ${name} of sequence ${s}`, a[name] ?? [], values, tolerance);
  }
}

/** Whether some log-probability of one list of scores differs from that of the other by more than `threshold`. */
export const scoresMoved = (a: readonly TokenScores[], b: readonly TokenScores[], threshold: number): boolean =>
  [...zip(a, b)].some(([x, y]) =>
    [...zip(scoreRow(x, 'logprobs'), scoreRow(y, 'logprobs'))].some(([p, q]) => Math.abs(p - q) > threshold),
  );

/** Log-probabilities of every possible next token, and the entropy of their distribution. */
export interface NextTokenScores {
  readonly logprobs: number[];
  readonly entropy: number;
}

/** Scores of every possible next token after `prefix`. */
export async function nextTokenScores(
  model: Model,
  prefix: Int32Array,
  vocabSize: number,
  temperature = 1,
): Promise<NextTokenScores> {
  const sequences = Array.from({ length: vocabSize }, (_, id) => ({
    tokens: Int32Array.of(...prefix, id),
    promptLength: prefix.length,
  }));
  const scores = await model.forward(sequences, { temperature });
  return {
    logprobs: scores.map((s) => elementAt(scoreRow(s, 'logprobs'), 0)),
    entropy: elementAt(scoreRow(elementAt(scores, 0), 'entropy'), 0),
  };
}

async function checkCompleteness({ policy, critic, vocabSize, tolerance }: EngineFixture): Promise<void> {
  const sequences = exampleSequences(exampleLengths, vocabSize);
  const scores = await policy.forward(sequences);
  const values = await critic.forward(sequences);
  const complete = scores.length === sequences.length && values.length === sequences.length;
  requireThat(complete, `scores of ${scores.length} and ${values.length} sequences`);
  for (const [i, sequence] of sequences.entries()) {
    const logprobs = scoreRow(elementAt(scores, i), 'logprobs');
    const entropy = scoreRow(elementAt(scores, i), 'entropy');
    for (const [name, row] of Object.entries({ logprobs, entropy, values: scoreRow(elementAt(values, i), 'values') }))
      requireFiniteRow(`${name} of sequence ${i}`, row, policyLength(sequence));
    requireThat(
      logprobs.every((x) => x <= tolerance),
      `a log-probability of sequence ${i} is positive`,
    );
    requireThat(
      entropy.every((x) => x >= -tolerance && x <= Math.log(vocabSize) + tolerance),
      `an entropy of sequence ${i} is not between 0 and log ${vocabSize}`,
    );
  }
}

function requireFiniteRow(what: string, row: Float32Array, length: number): void {
  const complete = row.length === length && row.every(Number.isFinite);
  requireThat(complete, `${what} are ${row.length} numbers for ${length} response tokens, or not finite`);
}

async function checkNormalisation({ policy, vocabSize, tolerance }: EngineFixture): Promise<void> {
  const prefix = Int32Array.of(3, 0, 7);
  const plain = await nextTokenScores(policy, prefix, vocabSize);
  requireDistribution('temperature 1', plain, 10 * tolerance);
  const cold = await nextTokenScores(policy, prefix, vocabSize, 0.5);
  requireDistribution('temperature 0.5', cold, 10 * tolerance);
  const unnormalised = plain.logprobs.map((l) => l / 0.5);
  const total = Math.log(unnormalised.reduce((sum, l) => sum + Math.exp(l), 0));
  const expected = unnormalised.map((l) => l - total);
  requireClose('log-probabilities at temperature 0.5', cold.logprobs, expected, 10 * tolerance);
}

/** The distribution that these log-probabilities are: it adds up to 1 and has this entropy. */
function requireDistribution(what: string, { logprobs, entropy }: NextTokenScores, tolerance: number): void {
  const total = logprobs.reduce((sum, l) => sum + Math.exp(l), 0);
  requireClose(`${what}: sum of the probabilities of all tokens`, [total], [1], tolerance);
  const expected = -logprobs.reduce((sum, l) => sum + Math.exp(l) * l, 0);
  requireClose(`${what}: entropy`, [entropy], [expected], tolerance);
}

async function checkCausality({ policy, critic, vocabSize, tolerance }: EngineFixture): Promise<void> {
  const whole = elementAt(exampleSequences([[4, 12]], vocabSize), 0);
  const changedAt = 9;
  const tokens = whole.tokens.map((id, t) => (t === changedAt ? (id + 1) % vocabSize : id));
  for (const [model, name] of [
    [policy, 'logprobs'],
    [critic, 'values'],
  ] as const) {
    const scores = await model.forward([whole, { ...whole, tokens }]);
    const [before, after] = [scoreRow(elementAt(scores, 0), name), scoreRow(elementAt(scores, 1), name)];
    // A value is that of the state before a token, so the changed token does not count in its own value.
    const firstChanged = changedAt - whole.promptLength + (name === 'values' ? 1 : 0);
    const unchanged = before.slice(0, firstChanged);
    requireClose(`${name} before a changed token`, after.slice(0, firstChanged), unchanged, tolerance);
    const changes = [...zip(before, after)].slice(firstChanged).map(([a, b]) => Math.abs(a - b));
    requireThat(
      changes.every((change) => change > tolerance),
      `some ${name} after a changed token are the same`,
      changes,
    );
  }
}

async function checkPromptInfluence({ policy, critic, vocabSize, tolerance }: EngineFixture): Promise<void> {
  const startingWith = (first: number): Sequence => ({ tokens: Int32Array.of(first, 2, 5, 6), promptLength: 3 });
  const differs = async (model: Model, name: 'logprobs' | 'values'): Promise<boolean> => {
    const scores = await model.forward([startingWith(1), startingWith(vocabSize - 1)]);
    const [a, b] = [0, 1].map((s) => elementAt(scoreRow(elementAt(scores, s), name), 0)) as [number, number];
    return Math.abs(a - b) > tolerance;
  };
  requireThat(
    (await differs(policy, 'logprobs')) && (await differs(critic, 'values')),
    'the first prompt token has no influence on the score of the first response token',
  );
}

async function checkIndependence({ policy, critic, vocabSize, tolerance }: EngineFixture): Promise<void> {
  const sequences = exampleSequences(exampleLengths, vocabSize);
  for (const model of [policy, critic]) {
    const together = await model.forward(sequences);
    const alone: TokenScores[] = [];
    for (const s of sequences) alone.push(...(await model.forward([s])));
    requireSameScores(`${model.role}, alone`, alone, together, tolerance);
    const reversed = await model.forward([...sequences].reverse());
    requireSameScores(`${model.role}, reversed`, reversed.reverse(), together, tolerance);
  }
}

/** Two turns of the policy around what an environment wrote. */
export const exampleTurns = [
  { source: 'policy', length: 5 },
  { source: 'environment', length: 4 },
  { source: 'policy', length: 6 },
] as const satisfies readonly Segment[];

async function checkEnvironmentTokens({ policy, critic, vocabSize, tolerance }: EngineFixture): Promise<void> {
  const plain = elementAt(exampleSequences([[3, 15]], vocabSize), 0);
  const turns = { ...plain, segments: exampleTurns };
  // The first token that the environment wrote.
  const changedAt = plain.promptLength + exampleTurns[0].length;
  const changed = { ...turns, tokens: plain.tokens.map((id, t) => (t === changedAt ? (id + 1) % vocabSize : id)) };
  for (const [model, name] of [
    [policy, 'logprobs'],
    [critic, 'values'],
  ] as const) {
    const [all, own, other] = (await model.forward([plain, turns, changed])).map((scores) => scoreRow(scores, name));
    const [row, after] = [requireDefined(name, own), requireDefined(name, other)];
    const expected = [...requireDefined(name, all)].filter((_, t) => t < 5 || t >= 9);
    requireClose(`${name} around an environment's tokens`, row, expected, tolerance);
    requireClose(`${name} before a changed token of the environment`, after.slice(0, 5), row.slice(0, 5), tolerance);
    const moved = [...zip(row, after)].slice(5).every(([a, b]) => Math.abs(a - b) > tolerance);
    requireThat(moved, `some ${name} after a changed token of the environment are the same`);
  }
}

async function checkRefusals({ policy, config }: EngineFixture): Promise<void> {
  const refused = (what: string, code: ErrorCode, tokens: Int32Array, promptLength: number): Promise<void> =>
    requireErrorCode(what, code, () => policy.forward([{ tokens, promptLength }]));
  await refused('a sequence without prompt', 'ORZ_INTERNAL', Int32Array.of(1, 2), 0);
  await refused('a sequence without response', 'ORZ_INTERNAL', Int32Array.of(1, 2), 2);
  await refused('an id beyond the vocabulary', 'ORZ_TOKENIZER', Int32Array.of(1, config.vocabSize), 1);
  await refused('a negative id', 'ORZ_TOKENIZER', Int32Array.of(-1, 2), 1);
  await refused('more tokens than positions', 'ORZ_PROMPT_TOO_LONG', new Int32Array(config.maxPositions + 1), 1);
}

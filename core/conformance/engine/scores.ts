import type { Model, Sequence, TokenScores } from '../../contracts/model.js';
import { requireClose, requireThat, type ConformanceCheck } from '../check.js';
import { exampleLengths, exampleSequences } from '../example-model.js';
import { requireCode, withEngine, type EngineUnderTest } from './harness.js';

const responseLength = (s: Sequence): number => s.tokens.length - s.promptLength;

/** Requires that two lists of scores agree, every name and every token. */
export function requireSameScores(
  what: string,
  actual: readonly TokenScores[],
  expected: readonly TokenScores[],
  tolerance: number,
): void {
  requireThat(
    actual.length === expected.length,
    `${what}: scores of ${actual.length} sequences instead of ${expected.length}`,
  );
  expected.forEach((scores, s) => {
    for (const [name, values] of Object.entries(scores) as [keyof TokenScores, Float32Array][]) {
      requireClose(`${what}: ${name} of sequence ${s}`, actual[s]![name] ?? [], values, tolerance);
    }
  });
}

/** Log-probabilities and entropy of every possible next token after `prefix`. */
export async function nextTokenScores(
  model: Model,
  prefix: Int32Array,
  vocabSize: number,
  temperature = 1,
): Promise<{ logprobs: number[]; entropy: number }> {
  const sequences = Array.from({ length: vocabSize }, (_, id) => ({
    tokens: Int32Array.of(...prefix, id),
    promptLength: prefix.length,
  }));
  const scores = await model.forward(sequences, { temperature });
  return { logprobs: scores.map((s) => s.logprobs![0]!), entropy: scores[0]!.entropy![0]! };
}

/** The distribution that these log-probabilities are: it adds up to 1 and has this entropy. */
function requireDistribution(
  what: string,
  { logprobs, entropy }: { logprobs: number[]; entropy: number },
  tolerance: number,
): void {
  requireClose(
    `${what}: sum of the probabilities of all tokens`,
    [logprobs.reduce((sum, l) => sum + Math.exp(l), 0)],
    [1],
    tolerance,
  );
  requireClose(`${what}: entropy`, [entropy], [-logprobs.reduce((sum, l) => sum + Math.exp(l) * l, 0)], tolerance);
}

/** The scores a model gives: complete, normalised, causal, and each sequence's its own. */
export function scoreChecks(test: EngineUnderTest): ConformanceCheck[] {
  const { tolerance } = test;
  const both = { critic: true } as const;
  return [
    withEngine(
      test,
      'one finite score per response token, in the order of the sequences',
      both,
      async ({ policy, critic }, { config }) => {
        const sequences = exampleSequences(exampleLengths, config.vocabSize);
        const scores = await policy.forward(sequences),
          values = await critic!.forward(sequences);
        requireThat(
          scores.length === sequences.length && values.length === sequences.length,
          `scores of ${scores.length} and ${values.length} sequences`,
        );
        sequences.forEach((s, i) => {
          const rows = { logprobs: scores[i]!.logprobs, entropy: scores[i]!.entropy, values: values[i]!.values };
          for (const [name, row] of Object.entries(rows)) {
            requireThat(
              row?.length === responseLength(s) && row.every(Number.isFinite),
              `${name} of sequence ${i} are ${row?.length} numbers for ${responseLength(s)} response tokens, or not finite`,
            );
          }
          requireThat(
            rows.logprobs!.every((x) => x <= tolerance),
            `a log-probability of sequence ${i} is positive`,
          );
          requireThat(
            rows.entropy!.every((x) => x >= -tolerance && x <= Math.log(config.vocabSize) + tolerance),
            `an entropy of sequence ${i} is not between 0 and log ${config.vocabSize}`,
          );
        });
      },
    ),
    withEngine(
      test,
      'probabilities of all next tokens add up to 1, and entropy is theirs, at any temperature',
      {},
      async ({ policy }, { config }) => {
        const prefix = Int32Array.of(3, 0, 7),
          plain = await nextTokenScores(policy, prefix, config.vocabSize);
        requireDistribution('temperature 1', plain, 10 * tolerance);
        const cold = await nextTokenScores(policy, prefix, config.vocabSize, 0.5);
        requireDistribution('temperature 0.5', cold, 10 * tolerance);
        const unnormalised = plain.logprobs.map((l) => l / 0.5),
          total = Math.log(unnormalised.reduce((sum, l) => sum + Math.exp(l), 0));
        requireClose(
          'log-probabilities at temperature 0.5',
          cold.logprobs,
          unnormalised.map((l) => l - total),
          10 * tolerance,
        );
      },
    ),
    withEngine(
      test,
      'a score depends on the tokens up to its own and on all of them',
      both,
      async ({ policy, critic }, { config }) => {
        const [whole] = exampleSequences([[4, 12]], config.vocabSize) as [Sequence];
        const changedAt = 9;
        const other = {
          ...whole,
          tokens: whole.tokens.map((id, t) => (t === changedAt ? (id + 1) % config.vocabSize : id)),
        };
        for (const [model, name] of [
          [policy, 'logprobs'],
          [critic!, 'values'],
        ] as const) {
          const [a, b] = (await model.forward([whole, other])) as [TokenScores, TokenScores];
          // A value is that of the state before a token, so the changed token does not count in its own value.
          const firstChanged = changedAt - whole.promptLength + (name === 'values' ? 1 : 0);
          requireClose(
            `${name} before a changed token`,
            b[name]!.slice(0, firstChanged),
            a[name]!.slice(0, firstChanged),
            tolerance,
          );
          const after = a[name]!.slice(firstChanged).map((x, i) => Math.abs(x - b[name]![firstChanged + i]!));
          requireThat(
            after.every((difference) => difference > tolerance),
            `some ${name} after a changed token are the same`,
            [...after],
          );
        }
      },
    ),
    withEngine(
      test,
      'the prompt decides the first token and the value before it',
      both,
      async ({ policy, critic }, { config }) => {
        const sequence = (first: number): Sequence => ({ tokens: Int32Array.of(first, 2, 5, 6), promptLength: 3 });
        const differs = async (model: Model, name: 'logprobs' | 'values'): Promise<boolean> => {
          const [a, b] = (await model.forward([sequence(1), sequence(config.vocabSize - 1)])) as [
            TokenScores,
            TokenScores,
          ];
          return Math.abs(a[name]![0]! - b[name]![0]!) > tolerance;
        };
        requireThat(
          (await differs(policy, 'logprobs')) && (await differs(critic!, 'values')),
          'the first prompt token has no influence on the score of the first response token',
        );
      },
    ),
    withEngine(
      test,
      'a sequence has the same scores alone, in any company and in any order',
      both,
      async ({ policy, critic }, { config }) => {
        const sequences = exampleSequences(exampleLengths, config.vocabSize);
        for (const model of [policy, critic!]) {
          const together = await model.forward(sequences);
          const alone = [];
          for (const s of sequences) alone.push(...(await model.forward([s])));
          requireSameScores(`${model.role}, alone`, alone, together, tolerance);
          requireSameScores(
            `${model.role}, reversed`,
            (await model.forward([...sequences].reverse())).reverse(),
            together,
            tolerance,
          );
        }
      },
    ),
    withEngine(test, 'no sequences have no scores', {}, async ({ policy }) => {
      requireThat((await policy.forward([])).length === 0, 'scores without sequences');
    }),
    withEngine(test, 'malformed sequences are refused', {}, async ({ policy }, { config }) => {
      const refused = (what: string, code: Parameters<typeof requireCode>[1], sequence: Sequence): Promise<void> =>
        requireCode(what, code, () => policy.forward([sequence]));
      await refused('a sequence without prompt', 'ORZ_INTERNAL', { tokens: Int32Array.of(1, 2), promptLength: 0 });
      await refused('a sequence without response', 'ORZ_INTERNAL', { tokens: Int32Array.of(1, 2), promptLength: 2 });
      await refused('an id beyond the vocabulary', 'ORZ_TOKENIZER', {
        tokens: Int32Array.of(1, config.vocabSize),
        promptLength: 1,
      });
      await refused('a negative id', 'ORZ_TOKENIZER', { tokens: Int32Array.of(-1, 2), promptLength: 1 });
      await refused('more tokens than positions', 'ORZ_PROMPT_TOO_LONG', {
        tokens: new Int32Array(config.maxPositions + 1),
        promptLength: 1,
      });
    }),
  ];
}

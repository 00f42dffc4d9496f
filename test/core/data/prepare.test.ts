import { describe, expect, it } from 'vitest';
import type { JsonValue, Problem } from '../../../core/contracts/data.js';
import type { ListPart } from '../../../core/contracts/problems.js';
import { dataFiltersSchema, type DataFilters } from '../../../core/data/filters.js';
import { prepareProblems, type PrepareRequest } from '../../../core/data/prepare.js';
import { problemList } from '../../../core/data/problem-list.js';
import { errorOf } from './support.js';

const problem = (id: string, prompt: string, answer = '1'): Problem => ({ id, prompt, answer });
const silent = { phase: () => ({ progress: () => undefined, end: () => undefined }), log: () => undefined };

/** A prompt has one token per word; answers that begin with a question mark cannot be graded. */
function prepare(
  train: readonly Problem[],
  held: Readonly<Record<string, readonly Problem[]>> = {},
  more: Partial<PrepareRequest> & { readonly set?: Partial<DataFilters>; readonly parts?: readonly ListPart[] } = {},
) {
  const words = ({ prompt }: Problem): number => prompt.split(/\s+/).length;
  return prepareProblems({
    problems: {
      train: problemList(train, more.parts),
      evaluation: Object.fromEntries(Object.entries(held).map(([name, list]) => [name, problemList(list)])),
    },
    filters: dataFiltersSchema.parse(more.set ?? {}),
    maxPromptTokens: 60,
    maxHeldOutTokens: 60,
    lengths: 'all',
    filteredUpTo: 100,
    prompts: { count: words, isSurelyWithin: (p, limit) => p.prompt.length <= limit },
    checkAnswers: async (problems) =>
      problems.map(({ answer }) =>
        answer.startsWith('?') ? { gradable: false, reason: 'a riddle' } : { gradable: true },
      ),
    events: silent,
    signal: new AbortController().signal,
    ...more,
  });
}

const kept = async (...args: Parameters<typeof prepare>) => {
  const {
    problems: { train },
  } = await prepare(...args);
  return Array.from({ length: train.length }, (_, i) => train.at(i).id);
};
const found = async (...args: Parameters<typeof prepare>) =>
  Object.fromEntries((await prepare(...args)).report.filters.map(({ filter, found: count }) => [filter, count]));

const sentence =
  'A train leaves the town at noon and goes north with forty miles an hour until it meets another one ' +
  'that left the village an hour later';
const long = Array.from({ length: 61 }, (_, i) => `w${i}`).join(' ');
const mixed = [
  problem('a', 'Find x'),
  problem('b', ' Find\n x ', '1 '),
  problem('c', 'Find x', '2'),
  problem('d', 'Find X'),
  problem('e', 'Find y', ' '),
  problem('f', 'Find z', '?'),
  problem('g', long),
  problem('h', sentence),
  problem('i', 'Held'),
  problem('j', 'Find １０²'),
  problem('k', 'Find 10^2'),
  problem('l', 'Find 102'),
];
const held = { math: [problem('math#1', 'Held'), problem('math#2', `${sentence}, as all know. Where?`)] };

describe('prepareProblems', () => {
  it('leaves out what each filter matches, once each, and counts it', async () => {
    expect(await kept(mixed, held)).toEqual(['a', 'd', 'j', 'l']);
    expect(await found(mixed, held)).toEqual({
      emptyAnswer: 1,
      duplicate: 3,
      overlap: 2,
      promptTooLong: 1,
      ungradable: 1,
    });
    const { report } = await prepare(mixed, held);
    expect(report.filters.find(({ filter }) => filter === 'duplicate')).toMatchObject({
      contradicting: 1,
      examples: [
        { id: 'b', reason: 'the same as a' },
        { id: 'c', reason: 'the same as a, which has the answer 1' },
        { id: 'k' },
      ],
    });
    expect(
      report.filters.find(({ filter }) => filter === 'overlap')!.examples.map(({ id, reason }) => [id, reason]),
    ).toEqual([
      ['h', 'has 83 % of math#2'],
      ['i', 'the same as math#1'],
    ]);
    expect(report.filters.find(({ filter }) => filter === 'promptTooLong')!.examples[0]!.reason).toBe(
      'its prompt has 61 tokens, allowed are 60',
    );
  });

  it.each(['emptyAnswer', 'duplicate', 'overlap', 'ungradable'] as const)(
    'keeps what %s matches if it is set to, and still counts it',
    async (filter) => {
      const without = await kept(mixed, held);
      const more = await kept(mixed, held, { set: { [filter]: 'keep' } });
      expect(more.length).toBeGreaterThan(without.length);
      expect((await found(mixed, held, { set: { [filter]: 'keep' } }))[filter]).toBe(
        (await found(mixed, held))[filter],
      );
    },
  );

  it.each([
    ['emptyAnswer', 'ORZ_DATA_REJECTED', 'e'],
    ['duplicate', 'ORZ_DATA_REJECTED', 'b'],
    ['overlap', 'ORZ_DATA_REJECTED', 'h'],
    ['promptTooLong', 'ORZ_PROMPT_TOO_LONG', 'g'],
    ['ungradable', 'ORZ_DATA_REJECTED', 'f'],
  ] as const)('fails on what %s matches if it is set to, with the whole report', async (filter, code, first) => {
    const { failure, report } = await prepare(mixed, held, { set: { [filter]: 'fail' } });
    expect([failure?.code, failure?.details.origin]).toEqual([code, `dataFilters.${filter}`]);
    expect(failure?.message).toContain(`first ${first}:`);
    expect(report.kept).toBe(4);
    expect((await prepare(mixed, held)).failure).toBeUndefined();
  });

  it('finds the same whether it measures all prompts, or a sample and those that may be too long', async () => {
    const options = { lengths: 'sample' } as const;
    expect(await kept(mixed, held, options)).toEqual(await kept(mixed, held));
    const many = Array.from({ length: 90 }, (_, i) => problem(`p${i}`, i === 77 ? long : `Find ${i}`));
    expect((await found(many, {}, options))['promptTooLong']).toBe(1);
  });

  describe('with a range of pass rates', () => {
    const rated = (...rates: readonly JsonValue[]): Problem[] =>
      rates.map((rate, i) => ({ ...problem(`p${i}`, `Find ${i}`), metadata: { pass_rate: rate } }));

    it.each([
      [{ max: 0.0625 }, ['p0', 'p1']],
      [{ min: 0.0625 }, ['p2', 'p3', 'p4']],
      [{ min: 0.015625, max: 1 }, ['p1', 'p2', 'p3']],
      [{}, ['p0', 'p1', 'p2', 'p3', 'p4']],
    ])('%j keeps from min up to, without, max', async (passRate, ids) => {
      // 0, 3 and 4 of 64; a rate of a table may be text.
      const train = rated(0, 0.046875, 0.0625, '0.75', 1);
      expect(await kept(train, {}, { set: { passRate } })).toEqual(ids);
      expect((await found(train, {}, { set: { passRate } }))['passRate']).toBe(5 - ids.length);
    });

    it('says why, and names the filter when nothing is left', async () => {
      const { report, failure } = await prepare(rated(0.5), {}, { set: { passRate: { max: 0.25 } } });
      expect(report.filters.find(({ filter }) => filter === 'passRate')?.examples[0]?.reason).toBe(
        'its pass rate is 0.5, not below 0.25',
      );
      expect([failure?.code, failure?.details.remedy]).toEqual([
        'ORZ_DATA_EMPTY',
        expect.stringContaining('Widen dataFilters.passRate'),
      ]);
    });

    it.each([undefined, null, 'high', '', -0.1, 1.5])('refuses a problem that has %j in its place', async (rate) => {
      const train = [
        ...rated(0.5),
        { ...problem('bad', 'Find x'), ...(rate !== undefined && { metadata: { pass_rate: rate } }) },
      ];
      const error = await errorOf(prepare(train, {}, { set: { passRate: { max: 1 } } }));
      expect(error).toMatchObject({ code: 'ORZ_DATA_REJECTED', details: { origin: 'dataFilters.passRate' } });
      expect(error.details.remedy).toContain('orz-train mine');
    });

    it('asks nothing of held-out problems, and nothing at all where it is not set', async () => {
      const { failure } = await prepare(
        rated(0.5),
        { test: [problem('t', 'Held')] },
        { set: { passRate: { max: 1 } } },
      );
      expect(failure).toBeUndefined();
      expect(Object.keys(await found([problem('a', 'Find x')]))).not.toContain('passRate');
    });

    it('refuses problems that are made on demand', async () => {
      const train = { length: 2 ** 30, at: (i: number) => problem(`g${i}`, `sum ${i}`) };
      const error = await errorOf(
        prepare([], {}, { problems: { train, evaluation: {} }, set: { passRate: { max: 1 } } }),
      );
      expect([error.code, error.details.remedy]).toEqual(['ORZ_DATA_REJECTED', expect.stringContaining('--limit')]);
    });
  });

  it('never filters a held-out set, and reports what is in it', async () => {
    const sets = {
      odd: [problem('odd#1', 'Q'), problem('odd#2', 'Q', '2'), problem('odd#3', 'R', '?'), problem('odd#4', 'S', '')],
    };
    const { problems, report, failure } = await prepare([problem('a', 'Find x')], sets);
    expect([problems.evaluation['odd']!.length, failure]).toEqual([4, undefined]);
    expect(Object.fromEntries(report.evaluation[0]!.found.map(({ filter, found: count }) => [filter, count]))).toEqual({
      emptyAnswer: 1,
      duplicate: 1,
      overlap: undefined,
      promptTooLong: 0,
      ungradable: 1,
    });
  });

  it('refuses a held-out prompt that is too long, before training', async () => {
    const { failure } = await prepare([problem('a', 'Find x')], { odd: [problem('odd#1', long)] });
    expect([failure?.code, failure?.details.origin]).toEqual(['ORZ_PROMPT_TOO_LONG', 'odd#1']);
    expect(
      (await prepare([problem('a', 'Find x')], { odd: [problem('odd#1', long)] }, { maxHeldOutTokens: 61 })).failure,
    ).toBeUndefined();
  });

  it('refuses to train on nothing, naming the filters that dropped the problems', async () => {
    const { failure } = await prepare([problem('a', 'Held'), problem('b', 'y', '')], held);
    expect([failure?.code, failure?.message]).toEqual([
      'ORZ_DATA_EMPTY',
      'No problem of training problems is left: the filters dropped all 2 (overlap 1, emptyAnswer 1)',
    ]);
  });

  it('says what to do about the filters that dropped the problems, and about no others', async () => {
    const remedyFor = async (...args: Parameters<typeof prepare>) => (await prepare(...args)).failure?.details.remedy;
    const overlapping = await remedyFor([problem('a', 'Held')], held);
    expect(overlapping).toMatch(
      /^Train on other files than you evaluate with\. To see which: list some with orz-train/,
    );
    const withoutGold = await remedyFor([problem('b', 'y', '')]);
    expect(withoutGold).toMatch(/^Add the gold answers/);
    expect(withoutGold).not.toContain('evaluate');
  });

  it('shortens the parts of a list by what they lose, and reports it per source', async () => {
    const parts = [
      { name: 'x', length: 5, weight: 3, form: 'plain', unselected: 2 },
      { name: 'y', length: 7, weight: 1 },
    ];
    const { problems, report } = await prepare(mixed, held, { parts });
    expect(problems.train.parts).toEqual([
      { ...parts[0], length: 2 },
      { ...parts[1], length: 2 },
    ]);
    expect(report.sources).toEqual([
      {
        name: 'x',
        form: 'plain',
        unselected: 2,
        problems: 5,
        kept: 2,
        dropped: { duplicate: 2, emptyAnswer: 1 },
        share: 0.75,
      },
      {
        name: 'y',
        unselected: 0,
        problems: 7,
        kept: 2,
        dropped: { overlap: 2, promptTooLong: 1, ungradable: 1, duplicate: 1 },
        share: 0.25,
      },
    ]);
    const { failure } = await prepare(mixed, held, {
      parts: [
        { name: 'x', length: 4, weight: 3 },
        { name: 'none', length: 3, weight: 1 },
        { name: 'y', length: 5, weight: 1 },
      ],
    });
    expect(failure?.message).toContain('No problem of none is left');
  });

  it('reports that answers were not checked when the reward does not judge them', async () => {
    const counts = await found(mixed, held, { checkAnswers: async () => undefined });
    expect(counts['ungradable']).toBeUndefined();
    expect(await kept(mixed, held, { checkAnswers: async () => undefined })).toContain('f');
  });

  it('takes a list made on demand as it is, and measures its first problems', async () => {
    const train = { length: 2 ** 30, at: (i: number) => problem(`g${i}`, `sum ${i % 3}`, '') };
    const { problems, report } = await prepare([], {}, { problems: { train, evaluation: {} } });
    expect(problems.train).toBe(train);
    expect([report.generated, report.kept, report.promptTokens.count, report.filters]).toEqual([
      true,
      2 ** 30,
      1000,
      [],
    ]);
  });

  it('stops when it is aborted', async () => {
    const controller = new AbortController();
    controller.abort(new Error('stopped'));
    await expect(prepare(mixed, held, { signal: controller.signal })).rejects.toThrow('stopped');
  });
});

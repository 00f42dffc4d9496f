import { describe, expect, it } from 'vitest';
import { mathRewardSettings } from '../../../plugins/reward-math/settings.js';
import { verify } from '../../../plugins/reward-math/verify.js';
import { corpus } from './corpus.js';
import { faultClasses, pairsOf } from './fault-classes.js';
import { isExplained } from './guards/explained.js';
import { goldFree } from './guards/gold-free.js';
import { hedges } from './guards/hedges.js';
import { allGolds, sharedData, skipReason } from './shared-data.js';

const settings = mathRewardSettings.parse({});
const isCorrect = (gold: string, prediction: string): boolean =>
  verify(gold, prediction, settings).verdict === 'correct';

/** Every fault class's golds and those of the corpus, of all kinds. */
const ownGolds = [
  ...new Set([
    ...corpus.flatMap(({ cases }) => cases.map(([gold]) => gold)),
    ...faultClasses.flatMap((faults) => pairsOf(faults).map(({ gold }) => gold)),
  ]),
].filter((gold) => gold.trim() !== '');

/** Acceptances of the matrix that nobody has explained. */
function unexplained(golds: readonly string[]): string[] {
  const found: string[] = [];
  for (const gold of golds) {
    for (const text of goldFree)
      if (isCorrect(gold, text) && text !== gold && !isExplained(text, gold, (other) => isCorrect(gold, other)))
        found.push(`${gold} <- ${text}`);
    for (const [template, hedge] of Object.entries(hedges))
      if (isCorrect(gold, hedge(gold)) && !isExplained(template, gold, (other) => isCorrect(gold, other)))
        found.push(`${gold} <- ${hedge(gold)}`);
  }
  return found;
}

describe('the hack matrix', () => {
  it('has hundreds of strings and a hundred templates', () => {
    expect(goldFree.length).toBeGreaterThanOrEqual(300);
    expect(Object.keys(hedges).length).toBeGreaterThanOrEqual(100);
    expect(ownGolds.length).toBeGreaterThan(200);
  });

  it('pays nothing for a string or a hedge against golds of the project’s own', () => {
    expect(unexplained(ownGolds)).toEqual([]);
  });

  it('pays nothing against three thousand golds of the development data', ({ skip }) => {
    if (!sharedData) return skip(skipReason());
    const all = allGolds();
    const step = Math.floor(all.length / 3000);
    const golds = all.filter((_, k) => k % step === 0);
    expect(golds.length).toBeGreaterThanOrEqual(3000);
    expect(unexplained(golds)).toEqual([]);
  });
});

describe('crossed golds', () => {
  /** What is left of a gold without its numbers, letters and spaces. */
  const shapeOf = (gold: string): string =>
    gold
      .replace(/\d+/g, '0')
      .replace(/[a-zA-Z]+/g, (word) => (word.length > 2 ? word : 'a'))
      .replace(/\s+/g, '');
  /** What is left of it without spelling: spaces, layout, trailing zeros, the case and names of letters. */
  const spellingOf = (gold: string): string =>
    gold
      .replace(/\\left|\\right|\\[,!; ]|[\s${}]|_\{?10\}?/g, '')
      .replace(/[dt]frac/g, 'frac')
      .replace(/(?<=\.\d+)0+(?!\d)|^0+(?=\d)|(?<=\\(?:sin|ln))\((\w)\)/g, '$1')
      .replace(/[.,]$/, '')
      .toLowerCase();
  /** Read by hand: different spellings of the same, words that are no unit, renamed arguments of functions. */
  const reviewed = [
    /^-1\.25 <- -5\/4$/,
    /\\text\{ (?:days|hours|miles)\}/,
    /^\s*f\([a-z]\) = [a-z0]\s* <- \s*f\([a-z]\) = [a-z0]\s*$/,
    /^x = y <- y = x$/,
    /^\(D\) <- \(D\) \\ 1$/,
    /^mn <- nM$|^nM <- mn$/,
  ];

  it('are accepted for each other only where they mean the same', ({ skip }) => {
    if (!sharedData) return skip(skipReason());
    const sorted = allGolds()
      .map((gold) => ({ gold, shape: shapeOf(gold) }))
      .sort((a, b) => (a.shape < b.shape ? -1 : a.shape > b.shape ? 1 : 0));
    const accepted: string[] = [];
    for (const [k, { gold }] of sorted.entries()) {
      for (const { gold: other } of sorted.slice(k + 1, k + 7)) {
        if (spellingOf(gold) === spellingOf(other)) continue;
        if (isCorrect(gold, other)) accepted.push(`${gold} <- ${other}`);
        if (isCorrect(other, gold)) accepted.push(`${other} <- ${gold}`);
      }
    }
    const mirrored = (pair: string): string => pair.split(' <- ').reverse().join(' <- ');
    const known = (pair: string): boolean =>
      reviewed.some((pattern) => pattern.test(pair) || pattern.test(mirrored(pair)));
    expect(accepted.filter((pair) => !known(pair))).toEqual([]);
  });
});

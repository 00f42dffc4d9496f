import type { StudyResults } from '../../core/study/results.js';
import { differenceText, estimateText } from '../../core/study/verdict.js';
import type { Document, Table } from '../evaluate/report/document.js';

type OutcomeResult = StudyResults['outcomes'][number];

/** The tables of a study: one for each outcome. */
export function studyDocument(results: StudyResults): Document {
  const { outcomes, seeds, study } = results;
  return {
    tables: outcomes.map((outcome) => outcomeTable(outcome, results)),
    notes: notesOn(study.arms.length, seeds),
  };
}

function outcomeTable({ label, arms }: OutcomeResult, { study, seeds }: StudyResults): Table {
  const main = study.arms[0]?.name ?? '';
  return {
    caption: label,
    head: ['arm', `mean of ${seeds.length} ${plural(seeds.length, 'seed')}`, `difference to ${main}`, 'verdict'],
    rows: arms.map(({ name, mean, difference, verdict }) => [
      name,
      estimateText(mean),
      verdict === null ? '' : differenceText(difference),
      verdict ?? 'main arm',
    ]),
  };
}

/** How the figures are to be read. */
function notesOn(arms: number, seeds: readonly number[]): string[] {
  if (seeds.length === 1) return ['One seed has no interval: differences may be chance.'];
  const means = `Means with 95 % t intervals over seeds ${seeds.join(', ')}`;
  if (arms < 2) return [`${means}.`];
  const simultaneous = arms > 2 ? `, simultaneous over ${arms - 1} arms (Bonferroni)` : '';
  return [`${means}; differences paired by seed, with 95 % intervals${simultaneous}.`];
}

export const plural = (count: number, word: string): string => (count === 1 ? word : `${word}s`);

/** A sentence for each outcome and other arm. */
export const verdictLines = ({ outcomes }: StudyResults): string[] =>
  outcomes.flatMap(({ label, arms }) =>
    arms.flatMap(({ name, verdict }) => {
      if (verdict === null) return [];
      return [verdict.startsWith(name) ? `${label}: ${verdict}` : `${label}: ${name}: ${verdict}`];
    }),
  );

/** The values of every seed. */
export const valuesTable = ({ label, arms }: OutcomeResult, seeds: readonly number[]): Table => ({
  caption: `${label}, by seed`,
  head: ['arm', ...seeds.map((seed) => `seed ${seed}`)],
  rows: arms.map(({ name, values }) => [name, ...values.map((value) => (value === null ? '–' : shown(value)))]),
});

const shown = (value: number): string => String(Number(value.toPrecision(4)));

/** What every arm is. */
export const armsTable = ({ arms }: StudyResults): Table => ({
  caption: 'Arms, and what differs from the first',
  head: ['arm', 'settings', 'runs'],
  rows: arms.map(({ name, differing, runs }) => [
    name,
    differing.length === 0 ? 'those of the study' : differing.map(([path, , value]) => `${path} ${value}`).join(', '),
    runs.map(({ folder }) => folder).join(', '),
  ]),
});

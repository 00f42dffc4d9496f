import type { StudyInput } from '../../core/study/study.js';

/** What all studies at laboratory scale are compared by. */
export const labOutcomes: StudyInput['outcomes'] = [
  { metric: 'evaluation/held-out/reward', label: 'held-out reward', at: 'last' },
  { metric: 'responseLength', label: 'response length, tokens', at: { lastIterations: 3 } },
  { metric: 'explainedVariance', label: 'explained variance', at: { lastIterations: 3 } },
];

/** The other two held-out sets: four terms more, and the second notation. */
export const otherSets: StudyInput['outcomes'] = [
  { metric: 'evaluation/longer/reward', label: 'reward on longer chains', at: 'last' },
  { metric: 'evaluation/capitals/reward', label: 'reward in the second notation', at: 'last' },
];

export const labPlots: string[] = ['reward', 'responseLength', 'explainedVariance'];

/** Where the claims of the paper stand. */
export const paper = 'Open-Reasoner-Zero, arXiv 2503.24290';

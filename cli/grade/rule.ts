import type { RewardResult } from '../../core/contracts/data.js';

/** The rule that decided, as the reward names it; the verdict if it names none. */
export const ruleOf = ({ verdict, detail }: RewardResult): string =>
  typeof detail?.['rule'] === 'string' ? detail['rule'] : verdict;

import { allReals, numberWords } from '../latex/tables/words.js';
import { different, type Outcome } from './context.js';
import { chosenOption, goldOption, isSameOption } from './options.js';
import { isProse, saysNothing, wordsOf } from './texts.js';

/** Words are compared as words; prose is never read as mathematics. Undefined where words do not decide. */
export function compareWords(gold: string, prediction: string): Outcome | undefined {
  const [g, p] = [wordsOf(gold), wordsOf(prediction)];
  if (g !== undefined && p !== undefined && meaningOf(g) === meaningOf(p)) return { equal: true, rule: 'words' };
  const option = compareOptions(gold, prediction);
  if (option !== undefined) return option;
  if (g !== undefined && p !== undefined && (isProse(gold, g) || isProse(prediction, p))) return different('words');
  if (isEmptySet(gold) && p !== undefined) return { equal: saysNothing(p), rule: 'words' };
  if (isEmptySet(prediction) && g !== undefined) return { equal: saysNothing(g), rule: 'words' };
  return undefined;
}

/** What words mean, the same for different ways to say it; spaces do not matter. */
function meaningOf(words: string): string {
  if (saysNothing(words)) return '∅';
  if (allReals.test(words)) return 'ℝ';
  return numberWords.get(words) ?? words.replaceAll(' ', '');
}

function compareOptions(gold: string, prediction: string): Outcome | undefined {
  const option = goldOption(gold);
  const chosen = option && chosenOption(prediction);
  return option && chosen && { equal: isSameOption(option, chosen), rule: 'option' };
}

function isEmptySet(text: string): boolean {
  return /^\s*\$?\s*(?:\\emptyset|\\varnothing|∅|\\\{\s*\\\})\s*\$?\s*$/.test(text);
}

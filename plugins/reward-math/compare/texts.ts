/** Commands that only say how words are set. */
const styles = new RegExp(
  String.raw`\\(?:text(?:bf|it|rm|normal|sf|up|tt|sc)?|math(?:rm|bf|it|sf)|[mh]box|operatorname|rm|bf|it|boxed|left` +
    String.raw`|right|emph|displaystyle|textstyle|large|Large|LARGE|huge|Huge)(?![a-zA-Z])`,
  'g',
);

/**
 * The words of an answer that is nothing but words: an option letter, a name, yes or no. Undefined for mathematics.
 * Case, spaces, a final point, and brackets around a single word do not matter; marks that carry meaning do, so n!, x'
 * and a* are no words.
 */
export function wordsOf(answer: string): string | undefined {
  if (!/[a-zA-Z\u0080-\uffff]/.test(answer) || mixesFormulas(answer)) return undefined;
  const bare = answer
    .replace(styles, ' ')
    .replace(/\\[ ,;:!]|[${}~"“”]|\\q?quad(?![a-zA-Z])/g, ' ')
    .replace(/[‘’]/g, "'")
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^\*\*(.+)\*\*$/, '$1')
    .trim();
  const inner =
    /^[([]([\p{L}\d]+)[)\]][.:]?$/u.exec(bare)?.[1] ??
    /^([\p{L}])[).:]$/u.exec(bare)?.[1] ??
    bare.replace(/[.:;,]+$/, '').replace(/(?<=\p{L}{4}|\b(?:yes|no|odd|all|true))[!?]+$/iu, '');
  if (!/^[\p{L}][\p{L}\p{M}\d ,.'’-]*$/u.test(inner) || /\d[.,]\d|-(?!\p{L})| -/u.test(inner)) return undefined;
  if (/(?<!\p{L}{2})'|'(?! |\p{L})/u.test(inner)) return undefined;
  return inner
    .toLowerCase()
    .replace(/[.'’]/g, '')
    .replace(/ ?,? and | ?, ?/g, ',')
    .replace(/(?<=\p{L}{2})[- ]+(?=\p{L}{2})/gu, ' ')
    .trim();
}

/** Letters beside a text group are a formula with words behind it: ab \text{ square units}. */
function mixesFormulas(answer: string): boolean {
  if (!answer.includes('\\')) return false;
  const outside = answer.replace(/\\(?:text|mbox|textrm|textnormal)\s*\{[^{}]*\}/g, '§');
  if (!outside.includes('§')) return false;
  const formula = outside.replace(/\\[a-zA-Z]+|\\./g, ' ');
  return /\p{L}/u.test(formula) && !/\p{L}{3}/u.test(formula);
}

const shortWords = new Set(['yes', 'no', 'true', 'odd', 'one', 'two', 'ten', 'all', 'dne']);

/** Whether the words can only be prose: a word of four or more letters, a well-known shorter one, or words in \text. */
export function isProse(answer: string, words: string): boolean {
  if (/\\(?:text|mbox|textbf|textit|textrm|textnormal)\s*\{/.test(answer)) return true;
  return (
    (answer.replace(/\\[a-zA-Z]+/g, ' ').match(/\p{L}+/gu) ?? []).some(
      (word) => word.length >= 4 || shortWords.has(word.toLowerCase()),
    ) && !/[=+]/.test(words)
  );
}

const none = new RegExp(
  String.raw`^(?:there (?:is|are) |the equation has |it has )?(?:no|none)(?: real| integer| such| valid| possible)*` +
    String.raw`(?: solutions?| roots?| values?| numbers?| answers?)?(?: exists?)?$` +
    String.raw`|^(?:the )?(?:empty ?set|null set|emptyset)$`,
);

/** Different ways to say that there is no solution; they may answer a gold of ∅. */
export function saysNothing(words: string): boolean {
  return words !== 'no' && none.test(words);
}

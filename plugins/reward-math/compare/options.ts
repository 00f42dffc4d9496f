import { meaningfulWords } from '../latex/tables/words.js';

/** Commands and marks around an option letter that say nothing. */
const layout = new RegExp(
  [
    String.raw`\\(?:text(?:bf|it|rm|normal|sf)?|math(?:rm|bf|it|sf)|[mh]box|boxed|left|right|q?quad|bf|rm)(?![a-zA-Z])`,
    String.raw`(?<!\\)\\[ ,;:!]`,
    '[${}~*"“”]',
  ].join('|'),
  'g',
);
const letter = String.raw`\(?([A-J])\)?[.:]?$`;
const announced = new RegExp(
  String.raw`^(?:so |thus |therefore |hence )?(?:the )?(?:correct |final |right |best )*` +
    String.raw`(?:answer|option|choice)s?(?: choice| option)?(?: is| would be)?:? ?(?:option |choice )?${letter}`,
  'i',
);
const announcedInChinese = /^(?:答案|选项|选择|选|故选)[是为：:]* ?\(?([A-J])\)?[.。]?$/;
const marked = /^(?:\(([A-J])\)|([A-J])[).:])(?: |$)(.*)$/;
const otherOption =
  /(?:^|[ (,])[A-J](?:[),.:]|$)|[,;=<>]|\\(?:over|choose|atop|lor|land|cup|cap|q?quad|\\)(?![a-zA-Z])/;
const operator = new RegExp(
  String.raw`^(?:[+*/^_,;:=<>|&@#?!]|- |\\(?:lor|land|cup|cap|setminus|neq?|leq?|geq?|approx|equiv|to|mapsto|sim|in` +
    String.raw`|pm|mp|bmod|oplus|otimes|circ|mid|parallel|cdot|times|div|Rightarrow|implies|\\)(?![a-zA-Z]))`,
);
const plainOption = new RegExp(`^${letter}`);
const bracketed = /^\(([A-J])\)$/;

/** An option letter with the text of its option, which is empty where only the letter is given. */
export interface Option {
  readonly letter: string;
  readonly text: string;
}

/** The option that a gold answer is: (C) or C, with or without the option's text. */
export function goldOption(gold: string): Option | undefined {
  if (!/[A-J]/.test(gold)) return undefined;
  const bare = bareText(gold);
  const letter = /^[A-J]$/.test(bare) ? bare : bracketed.exec(bare)?.[1];
  return letter === undefined ? markedOption(bare) : { letter, text: '' };
}

/** The option that a prediction chooses, given with words or with the option's text. */
export function chosenOption(prediction: string): Option | undefined {
  const bare = bareText(prediction);
  const chosen = announced.exec(bare)?.[1] ?? announcedInChinese.exec(bare)?.[1] ?? plainOption.exec(bare)?.[1];
  return chosen === undefined ? markedOption(bare) : { letter: chosen.toUpperCase(), text: '' };
}

/** Whether an option is the gold one: by its letter, and by its text where both give one. */
export function isSameOption(gold: Option, chosen: Option): boolean {
  const [g, c] = [gold, chosen].map(({ text }) => text.replace(/[\s.]|\\[dt](?=frac)/g, ''));
  return gold.letter === chosen.letter && (g === '' || c === '' || g === c);
}

function bareText(answer: string): string {
  return answer.replace(layout, ' ').replace(/\s+/g, ' ').trim();
}

/** "(C) 12" chooses C, as long as what follows can be its text: no other option, no operator, no words that hedge. */
function markedOption(bare: string): Option | undefined {
  const [, inBrackets, before, text = ''] = marked.exec(bare) ?? [];
  const letter = inBrackets ?? before;
  const words = text.toLowerCase().match(/[a-z]+/g) ?? [];
  const hedges = otherOption.test(text) || operator.test(text) || words.some((word) => meaningfulWords.has(word));
  return hedges || letter === undefined ? undefined : { letter, text };
}

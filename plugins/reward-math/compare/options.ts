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

/** The option letter that a gold answer is: (C) or C, with or without the option's text. */
export function goldOption(gold: string): string | undefined {
  if (!/[A-J]/.test(gold)) return undefined;
  const bare = bareText(gold);
  return /^[A-J]$/.test(bare) ? bare : (bracketed.exec(bare)?.[1] ?? markedOption(bare));
}

/** The option letter that a prediction chooses, given with words or with the option's text. */
export function chosenOption(prediction: string): string | undefined {
  const bare = bareText(prediction);
  const chosen = announced.exec(bare)?.[1] ?? announcedInChinese.exec(bare)?.[1];
  return chosen?.toUpperCase() ?? plainOption.exec(bare)?.[1] ?? markedOption(bare);
}

function bareText(answer: string): string {
  return answer.replace(layout, ' ').replace(/\s+/g, ' ').trim();
}

/** "(C) 12" chooses C, as long as what follows can be its text: no other option, no operator, no words that hedge. */
function markedOption(bare: string): string | undefined {
  const [, inBrackets, before, rest = ''] = marked.exec(bare) ?? [];
  const words = rest.toLowerCase().match(/[a-z]+/g) ?? [];
  const hedges = otherOption.test(rest) || operator.test(rest) || words.some((word) => meaningfulWords.has(word));
  return hedges ? undefined : (inBrackets ?? before);
}

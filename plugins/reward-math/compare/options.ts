/** Commands and marks around an option letter that say nothing. */
const layout = /\\(?:text(?:bf|it|rm|normal|sf)?|math(?:rm|bf|it|sf)|[mh]box|boxed|left|right|q?quad|bf|rm)(?![a-zA-Z])|\\[ ,;:!]|[${}~*"“”]/g;
const announced =
  /^(?:so |thus |therefore |hence )?(?:the )?(?:correct |final |right |best )*(?:answer|option|choice)s?(?: choice| option)?(?: is| would be)?:? ?(?:option |choice )?\(?([A-J])\)?\.?$/i;
const announcedInChinese = /^(?:答案|选项|选择|选|故选)[是为：:]* ?\(?([A-J])\)?[.。]?$/;
const marked = /^(?:\(([A-J])\)|([A-J])[).:])(?: |$)(.*)$/;
const bracketed = /^\(([A-J])\)$/;

/** The option letter that a gold answer is: (C) or C, with or without the option's text. */
export function goldOption(gold: string): string | undefined {
  const bare = bareText(gold);
  return /^[A-J]$/.test(bare) ? bare : (bracketed.exec(bare)?.[1] ?? markedOption(bare));
}

/** The option letter that a prediction chooses, given with words or with the option's text. */
export function chosenOption(prediction: string): string | undefined {
  const bare = bareText(prediction);
  const letter = announced.exec(bare)?.[1] ?? announcedInChinese.exec(bare)?.[1];
  return letter?.toUpperCase() ?? markedOption(bare);
}

function bareText(answer: string): string {
  return answer.replace(layout, ' ').replace(/\s+/g, ' ').trim();
}

/** "(C) 12" chooses C, as long as no other option is named behind it. */
function markedOption(bare: string): string | undefined {
  const [, inBrackets, before, rest = ''] = marked.exec(bare) ?? [];
  if (/(?:^|[ (,])[A-J](?:[),.:]|$)|\b(?:or|and|not)\b/.test(rest)) return undefined;
  return inBrackets ?? before;
}

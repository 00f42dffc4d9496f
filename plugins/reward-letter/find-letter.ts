/**
 * Finds the option that a response chooses, in the ways in which instruction-tuned models write it. The first of these
 * that occurs decides, and of several places the last one: models correct themselves.
 *
 * 1. A box: `\boxed{B}`, `\boxed{\text{(B)}}`.
 * 2. An announcement: "The answer is B", "**Answer:** (B)", "correct option: B".
 * 3. A line that is the letter or begins with it in the form of an option: `B`, `**B**`, `(B) 12`, `B. 12`.
 * 4. A letter in brackets or in bold anywhere: "so I choose (B)".
 *
 * Where such a place names two options ("A or B"), nothing is chosen there. Every pattern looks at a bounded stretch
 * from each place, so the time is linear in the length of the text.
 */
export function findLetter(text: string, options: number): string | undefined {
  const last = String.fromCharCode(64 + options);
  for (const pattern of patternsUpTo(last)) {
    const found = lastChoice(text, pattern);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Marks of emphasis, mathematics and quotation around a letter. */
const marks = String.raw`[*_$"'“”‘’\x60{}]{0,4}`;
/** What shows that a letter stands for itself: it is not the beginning of a word. */
const alone = String.raw`(?![\w'’])`;

const known = new Map<string, readonly RegExp[]>();

function patternsUpTo(last: string): readonly RegExp[] {
  const patterns = known.get(last) ?? makePatterns(last);
  known.set(last, patterns);
  return patterns;
}

function makePatterns(last: string): readonly RegExp[] {
  const capital = `[A-${last}]`;
  const any = `[A-${last}a-${last.toLowerCase()}]`;
  const wrapped = String.raw`\\(?:text|mathrm|mathbf|textbf|mathsf)\s{0,2}\{`;
  const announcement = [
    String.raw`(?:answer|option|choice)${marks}`,
    String.raw`(?:\s{1,3}choice)?${marks}\s{0,3}`,
    String.raw`(?:(?:is|would be|should be|must be)\s{0,2}:?|:|=|：)`,
    String.raw`${marks}\s{0,3}(?:is\s{1,3})?(?:option\s{1,3}|choice\s{1,3})?`,
    String.raw`(?:\\boxed\{|${wrapped})?${marks}\(?${marks}`,
  ].join('');
  // "Answer: A prime number" and "The answer is a car" go on with a word, not with an option.
  const announced =
    String.raw`${capital}${alone}(?! {1,3}[a-z])|[B-${last}]${alone}|` +
    String.raw`${any}(?=${marks}(?:[).,:;!*]|\s{0,3}$|\n))`;
  return [
    new RegExp(String.raw`\\boxed\s{0,2}\{\s{0,2}(?:${wrapped})?\s{0,2}\(?(${any})\)?[.:]?\s{0,2}\}`, 'g'),
    new RegExp(`${insensitive(announcement)}(${announced})`, 'gm'),
    new RegExp(String.raw`^\s{0,8}${marks}(?:\((${capital})\)|(${capital})(?=${marks}(?:[).:]|\s{0,3}$)))`, 'gm'),
    new RegExp(String.raw`(?:\(|\*\*\(?)(${capital})(?=\)|\.?\*\*)`, 'g'),
  ];
}

/** The words of a pattern in any case; the letters of options keep theirs. */
const insensitive = (source: string): string =>
  source.replace(/(?<![\\[\w])(answer|option|choice|is|would be|should be|must be)(?!\w)/g, (word) =>
    word.replace(/[a-z]/g, (letter) => `[${letter.toUpperCase()}${letter}]`),
  );

/** Another option right behind the first. */
const orAnother = /^[)\]*_.}"'’”$\s]{0,6}(?:or|and|\/|&|,)\s{0,2}(?:option\s)?[*_("'$]{0,3}[A-Z](?![\w'’])/;
/** Characters behind a letter that are looked at. */
const behind = 32;

function lastChoice(text: string, pattern: RegExp): string | undefined {
  let chosen: string | undefined;
  for (const match of text.matchAll(pattern)) {
    const letter = match[1] ?? match[2];
    const end = match.index + match[0].length;
    chosen = orAnother.test(text.slice(end, end + behind)) ? undefined : letter?.toUpperCase();
  }
  return chosen;
}

/** Escape sequences for colours, as picocolors writes them. */
// eslint-disable-next-line no-control-regex -- finding escape sequences is the point
const colorSequence = /\u001b\[[\d;]*m/g;

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** East Asian wide and full-width blocks, and symbols drawn as pictures. */
const wideRanges = [
  '\\u1100-\\u115f\\u2e80-\\u303e\\u3041-\\ua4cf\\uac00-\\ud7a3\\uf900-\\ufaff',
  '\\ufe30-\\ufe6f\\uff00-\\uff60\\uffe0-\\uffe6',
  '\\u{1f1e6}-\\u{1f1ff}\\u{1f300}-\\u{1faff}\\u{20000}-\\u{3fffd}',
].join('');
const wide = new RegExp(`[${wideRanges}]|\\p{Emoji_Presentation}|\\ufe0f`, 'u');
const invisible = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;

const cellsOf = (grapheme: string): number => (invisible.test(grapheme) ? 0 : wide.test(grapheme) ? 2 : 1);

/** Columns that a text takes up on a terminal; colours take none, a Chinese character or an emoji two. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const { segment } of segmenter.segment(text.replace(colorSequence, ''))) width += cellsOf(segment);
  return width;
}

/** At most `columns` columns of one line, cut between whole characters with `…`; colours are kept and reset. */
export function fitWidth(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let [result, width] = ['', 0];
  const parts = text.split(/(\u001b\[[\d;]*m)/); // eslint-disable-line no-control-regex -- as above
  for (const part of parts) {
    if (part.startsWith('\u001b')) {
      result += part;
      continue;
    }
    for (const { segment } of segmenter.segment(part)) {
      if (width + cellsOf(segment) > columns - 1) return `${result}…${text.includes('\u001b') ? '\u001b[0m' : ''}`;
      result += segment;
      width += cellsOf(segment);
    }
  }
  return result;
}

/** A text in lines of at most `columns` columns, broken at spaces; inside a word only if it is longer than a line. */
export function wrapWords(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((whole) => pieces(whole, columns))) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && displayWidth(longer) > columns) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

/** A word in pieces of at most `columns` columns, between whole characters. */
function pieces(word: string, columns: number): string[] {
  const found = [''];
  for (const { segment } of segmenter.segment(word)) {
    const last = found.at(-1) ?? '';
    if (last === '' || displayWidth(last + segment) <= columns) found[found.length - 1] = last + segment;
    else found.push(segment);
  }
  return found;
}

/** The text padded with spaces to `columns` columns. */
export const padWidth = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - displayWidth(text)));

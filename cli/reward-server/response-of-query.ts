/**
 * What the model wrote, given the decoded text of prompt and response together. Decoding changes prompts: special
 * tokens appear, spaces come or go, and a prompt that was too long has lost its beginning. Undefined if the prompt is
 * not found: an example of an answer in the prompt must never be taken for the answer of the model.
 */
export function responseOfQuery(query: string, prompt: string): string | undefined {
  const end = endOfPrompt(query, prompt);
  return end === undefined ? undefined : withoutTrailingTokens(query.slice(end));
}

/** Padding and end-of-text tokens, which decoding leaves behind the response. */
const lastToken = /(?:<\|[\w\-▁]{1,40}\|>|<｜[^<>｜]{1,40}｜>|<\/s>|<pad>|\[PAD\]|<eos>|<end_of_turn>)$/;
const longestToken = 44;

/** Looks at the end only, again and again: model text may hold anything any number of times. */
function withoutTrailingTokens(text: string): string {
  let left = text.trimEnd();
  for (;;) {
    const token = lastToken.exec(left.slice(-longestToken))?.[0];
    if (token === undefined) return left;
    left = left.slice(0, -token.length).trimEnd();
  }
}

/** Fewest characters of a shortened prompt that make sure it is the prompt. */
const shortestRest = 12;

function endOfPrompt(query: string, prompt: string): number | undefined {
  if (prompt === '') return 0;
  const exact = search(query, prompt).end;
  if (exact !== undefined) return exact;
  const [q, p] = [withoutSpaces(query), withoutSpaces(prompt)];
  const found = search(q.text, p.text).end;
  if (found !== undefined) return endBefore(q, found);
  // The longest beginning of the query that ends the prompt.
  const rest = search(p.text.slice(-q.text.length), q.text).matched;
  return rest < shortestRest ? undefined : endBefore(q, rest);
}

interface Squeezed {
  readonly text: string;
  /** Position in the original of each character left. */
  readonly positions: readonly number[];
}

function withoutSpaces(text: string): Squeezed {
  const positions: number[] = [];
  for (let i = 0; i < text.length; i++) if (!/\s/.test(text.charAt(i))) positions.push(i);
  return { text: text.replace(/\s/g, ''), positions };
}

/** Position in the original behind the first `count` characters left. */
const endBefore = ({ positions }: Squeezed, count: number): number => (positions[count - 1] ?? -1) + 1;

/**
 * Where `pattern` first ends in `text`; if nowhere, how long a beginning of it ends `text`. Linear in the worst case,
 * which `indexOf` is not: texts of models like to repeat themselves.
 */
function search(text: string, pattern: string): { readonly end?: number; readonly matched: number } {
  const borders = bordersOf(pattern);
  let matched = 0;
  for (let i = 0; i < text.length; i++) {
    while (matched > 0 && text[i] !== pattern[matched]) matched = borders[matched - 1] ?? 0;
    if (text[i] === pattern[matched]) matched++;
    if (matched === pattern.length) return { end: i + 1, matched };
  }
  return { matched };
}

/** For each beginning of the text, the length of its longest proper beginning that is also its end. */
function bordersOf(text: string): Int32Array {
  const borders = new Int32Array(text.length);
  let length = 0;
  for (let i = 1; i < text.length; i++) {
    while (length > 0 && text[length] !== text[i]) length = borders[length - 1] ?? 0;
    if (text[length] === text[i]) length++;
    borders[i] = length;
  }
  return borders;
}

/**
 * What the model wrote, given the decoded text of prompt and response together. Decoding changes prompts: special
 * tokens appear, spaces come or go, and a prompt that was too long has lost its beginning. Undefined if the prompt is
 * not found: an example of an answer in the prompt must never be taken for the answer of the model.
 */
export function responseOfQuery(query: string, prompt: string): string | undefined {
  const end = endOfPrompt(query, prompt);
  return end === undefined ? undefined : query.slice(end).replace(trailingSpecialTokens, '');
}

/** Padding and end-of-text tokens, which decoding leaves behind the response. */
const trailingSpecialTokens =
  /(?:\s*(?:<\|[\w\-▁]{1,40}\|>|<｜[^<>｜]{1,40}｜>|<\/s>|<pad>|\[PAD\]|<eos>|<end_of_turn>))+\s*$/;

/** Fewest characters of a shortened prompt that make sure it is the prompt. */
const shortestRest = 12;

function endOfPrompt(query: string, prompt: string): number | undefined {
  if (prompt === '') return 0;
  const at = query.indexOf(prompt);
  if (at >= 0) return at + prompt.length;
  const [q, p] = [withoutSpaces(query), withoutSpaces(prompt)];
  const found = q.text.indexOf(p.text);
  if (found >= 0) return endBefore(q, found + p.text.length);
  const rest = overlap(q.text, p.text);
  return rest < shortestRest ? undefined : endBefore(q, rest);
}

interface Squeezed {
  readonly text: string;
  /** Position in the original of each character left. */
  readonly positions: readonly number[];
}

function withoutSpaces(text: string): Squeezed {
  const positions = [...text.matchAll(/\S/g)].map(({ index }) => index);
  return { text: text.replace(/\s/g, ''), positions };
}

/** Position in the original behind the first `count` characters left. */
const endBefore = ({ positions }: Squeezed, count: number): number => (positions[count - 1] ?? -1) + 1;

/** Length of the longest beginning of `text` that ends `other`, in linear time. */
function overlap(text: string, other: string): number {
  const tail = other.slice(-text.length);
  const borders = bordersOf(text);
  let matched = 0;
  for (const char of tail.split('')) {
    while (matched > 0 && (matched === text.length || text[matched] !== char)) matched = borders[matched - 1] ?? 0;
    if (text[matched] === char) matched++;
  }
  return matched;
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

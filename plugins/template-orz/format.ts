const tags = {
  thinkOpen: '<think>',
  thinkClose: '</think>',
  answerOpen: '<answer>',
  answerClose: '</answer>',
} as const;

/**
 * Whether a response follows the format the prompt asks for. The prompt has already opened the think block, so a
 * well-formed response holds, each exactly once and in this order: the closing think tag, the opening answer tag, one
 * boxed answer (braces balanced, not blank) and the closing answer tag; and it does not open a second think block.
 *
 * Only a metric (ORZ paper, Figure 4, which does not define it further); the ORZ recipe rewards no format. Linear in
 * the length.
 */
export function isWellFormed(response: string): boolean {
  const { thinkOpen, thinkClose, answerOpen, answerClose } = tags;
  if (response.includes(thinkOpen)) return false;
  const positions = [thinkClose, answerOpen, answerClose].map((tag) => onlyIndexOf(response, tag));
  const [close, open, end] = positions as [number, number, number];
  if (close < 0 || open < close || end < open) return false;
  return hasOneBoxedAnswer(response.slice(open + answerOpen.length, end));
}

/** Position of `part` if it occurs exactly once, else −1. */
function onlyIndexOf(text: string, part: string): number {
  const first = text.indexOf(part);
  return first >= 0 && text.indexOf(part, first + part.length) < 0 ? first : -1;
}

function hasOneBoxedAnswer(answer: string): boolean {
  const mark = '\\boxed{';
  const start = onlyIndexOf(answer, mark);
  if (start < 0) return false;
  let depth = 1;
  for (let i = start + mark.length; i < answer.length; i++) {
    const character = answer[i];
    if (character === '\\')
      i++; // an escaped brace is text
    else if (character === '{') depth++;
    else if (character === '}' && --depth === 0) return answer.slice(start + mark.length, i).trim() !== '';
  }
  return false;
}

/**
 * The answer of a GSM8K solution: what follows the last four number signs, without the commas of large numbers;
 * undefined if there are none.
 */
export function afterNumberSigns(solution: string): string | undefined {
  const mark = solution.lastIndexOf('####');
  if (mark < 0) return undefined;
  return solution
    .slice(mark + 4)
    .trim()
    .replaceAll(',', '');
}

/**
 * The content of the last `\boxed{…}` or `\fbox{…}` of a solution, or of `\boxed 5`, which some solutions of MATH have;
 * undefined if there is none.
 */
export function lastBoxed(solution: string): string | undefined {
  const at = Math.max(solution.lastIndexOf('\\boxed'), solution.lastIndexOf('\\fbox'));
  if (at < 0) return undefined;
  const content = solution.slice(solution.startsWith('\\boxed', at) ? at + 6 : at + 5).trimStart();
  return content.startsWith('{') ? insideBraces(content) : /^[^\s$.,]+/.exec(content)?.[0];
}

/** The text between the first brace and the one that closes it. */
function insideBraces(text: string): string | undefined {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '{') depth++;
    else if (text[i] === '}' && --depth === 0) return text.slice(1, i);
  }
  return undefined;
}

/** GSM8K states its answer after four number signs below the worked solution, with commas in large numbers; undefined without the mark. */
export function afterNumberSigns(solution: string): string | undefined {
  const mark = solution.lastIndexOf('####');
  return mark < 0
    ? undefined
    : solution
        .slice(mark + 4)
        .trim()
        .replaceAll(',', '');
}

/** The content of the last `\boxed{…}` or `\fbox{…}` of a solution, or of `\boxed 5`, which some solutions of MATH write; undefined if there is none. */
export function lastBoxed(solution: string): string | undefined {
  const at = Math.max(solution.lastIndexOf('\\boxed'), solution.lastIndexOf('\\fbox'));
  if (at < 0) return undefined;
  const content = solution.slice(solution.startsWith('\\boxed', at) ? at + 6 : at + 5).trimStart();
  return content.startsWith('{') ? insideBraces(content) : /^[^\s$.,]+/.exec(content)?.[0];
}

/** What stands between the first brace and the one that closes it. */
function insideBraces(text: string): string | undefined {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '{') depth++;
    else if (text[i] === '}' && --depth === 0) return text.slice(1, i);
  }
  return undefined;
}

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';
const subscripts = '₀₁₂₃₄₅₆₇₈₉';

/**
 * A prompt in the form in which prompts are compared: Unicode NFKC (full-width letters, ligatures, composed accents),
 * with superscript and subscript digits kept apart from plain ones, and every run of white space as one space. Case and
 * punctuation count: x and X are different variables, and some problems of the MATH training set differ only in
 * punctuation and have different answers.
 */
export function normalisePrompt(prompt: string): string {
  return compatible(prompt).replace(/\s+/g, ' ').trim();
}

/** NFKC, except that 10² does not become the number 102. */
function compatible(text: string): string {
  const kept = text
    .replace(/[⁰¹²³⁴-⁹]/g, (digit) => `^${superscripts.indexOf(digit)}`)
    .replace(/[₀-₉]/g, (digit) => `_${subscripts.indexOf(digit)}`);
  return kept.normalize('NFKC');
}

/** LaTeX that changes how a formula looks and not what it means. */
const presentation = new Set([
  '\\left',
  '\\right',
  '\\displaystyle',
  '\\text',
  '\\mathrm',
  '\\mathbf',
  '\\big',
  '\\bigg',
  '\\qquad',
  '\\quad',
  '\\begin',
  '\\end',
]);
const sameCommand = new Map([
  ['\\dfrac', '\\frac'],
  ['\\tfrac', '\\frac'],
  ['\\leq', '\\le'],
  ['\\geq', '\\ge'],
  ['\\neq', '\\ne'],
]);

/**
 * Words of a prompt for finding near repetitions: words, numbers, LaTeX commands and operators, in lower case.
 * Brackets, dollars and punctuation are left out, and so are drawings in Asymptote, which share most of their text
 * whatever they show.
 */
export function wordsOf(prompt: string): string[] {
  const found =
    compatible(prompt.replace(/\[asy\].*?\[\/asy\]/gs, ' '))
      .toLowerCase()
      .match(/\\\p{L}+|\p{L}+|\p{N}+|[-+*/^=<>|!%]/gu) ?? [];
  return found.map((word) => sameCommand.get(word) ?? word).filter((word) => !presentation.has(word));
}

/** A multiple-choice question without its options, if they follow it as this package writes them; else the prompt. */
export const withoutChoices = (prompt: string): string => prompt.replace(/\n\s*\n?A[.)] [^\n]*\n+B[.)] .*$/s, '');

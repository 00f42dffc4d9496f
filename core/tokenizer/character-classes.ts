/**
 * Classes in the patterns that the tokenizer library has built in, and what they are in Hugging Face `tokenizers`:
 * white space and numbers of Unicode. In JavaScript `\s` has U+FEFF too and lacks U+0085, and `\d` is 0 to 9. Patterns
 * of a definition are translated by the library itself.
 */
const classes: ReadonlyMap<string, string> = new Map([
  [String.raw`\s`, String.raw`\p{White_Space}`],
  [String.raw`\S`, String.raw`\P{White_Space}`],
  [String.raw`\d`, String.raw`\p{N}`],
]);

/** A step of the library that may cut a text by a pattern, or a sequence of steps. */
export interface PatternStep {
  readonly tokenizers?: readonly (PatternStep | null)[];
  pattern?: RegExp | null;
}

/** Gives the patterns of a step, and of those inside of it, the meaning that they have in `tokenizers`. */
export function useUnicodeClasses(step: PatternStep | null): void {
  if (step?.pattern) step.pattern = withUnicodeClasses(step.pattern);
  step?.tokenizers?.forEach(useUnicodeClasses);
}

const withUnicodeClasses = ({ source, flags }: RegExp): RegExp =>
  new RegExp(
    source.replace(/\\./gu, (escape) => classes.get(escape) ?? escape),
    flags,
  );

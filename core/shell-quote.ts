/** A word as a POSIX shell and PowerShell read it back: bare where that is safe, else in single quotes. */
export function shellQuote(word: string): string {
  if (/^[\w@%+=:,./~-]+$/.test(word) && !word.startsWith('~')) return word;
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

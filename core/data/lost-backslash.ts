/**
 * LaTeX commands that begin with the letter of an escape, without that letter. Written in JSON or Python with one
 * backslash instead of two, `\frac` becomes a form feed and `rac`.
 */
const remainders: Readonly<Record<string, readonly string[]>> = {
  '\x07': 'lpha ngle pprox rccos rcsin rctan rg st symp leph malg'.split(' '),
  '\b': 'ar ecause egin eta etween ig igcap igcup igg iggl iggr igl igr inom mod oldsymbol ot oxed reve ullet'.split(
    ' ',
  ),
  '\t': 'an anh au binom ext extbf extit extrm exttt frac herefore heta ilde imes o op riangle riangleq'.split(' '),
  '\n': 'abla atural cong e earrow eg eq ewline exists geq leq less mid olimits onumber ot otin parallel u'.split(' '),
  '\v': 'arepsilon arnothing arphi arpi arrho artheta dash dots ec ee ert'.split(' '),
  '\f': 'box lat oldingdotseq orall rac rown'.split(' '),
  '\r': 'angle brace brack ceil floor ho ight ightarrow ightleftharpoons m vert'.split(' '),
};
/** What may as well begin a line or a cell of a table: words and variables. They count only between dollar signs. */
const ambiguous = new Set('an angle e eg exists less m mid natural o op ot parallel u'.split(' '));

export interface LostBackslash {
  /** The command as it was meant, for example `\frac`. */
  readonly command: string;
  /** The text around it, with control characters as visible symbols. */
  readonly excerpt: string;
}

/**
 * The first control character of a text that stands where LaTeX has a backslash and a letter: followed by letters that
 * are exactly the rest of a known command. Line ends and tabs before words and variables are none, unless they are
 * inside `$…$`.
 */
export function findLostBackslash(text: string): LostBackslash | undefined {
  let isInMath = false;
  // One pass: an escaped character, a dollar sign or two, or a control character with the letters behind it.
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  for (const { 0: found, 1: rest, index } of text.matchAll(/\\.|\$\$?|[\x07-\r]([a-z]+)(?![A-Za-z])/gs)) {
    if (found.startsWith('$')) isInMath = !isInMath;
    if (rest === undefined || remainders[found.charAt(0)]?.includes(rest) !== true) continue;
    if (ambiguous.has(rest) && !isInMath) continue;
    const command = `\\${letterOf(found)}${rest}`;
    return { command, excerpt: visible(text.slice(Math.max(0, index - 30), index + 30)) };
  }
  return undefined;
}

/** Letters of the escapes from U+0007 to U+000D. */
const letterOf = (control: string): string => 'abtnvfr'.charAt(control.charCodeAt(0) - 7);

/** U+2400 to U+241F are symbols of the control characters from U+0000 to U+001F. */
const visible = (text: string): string =>
  text.replace(/\p{Cc}/gu, (control) => {
    const code = control.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : ' ';
  });

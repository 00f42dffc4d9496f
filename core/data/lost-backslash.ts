const words = (...lines: readonly string[]): ReadonlySet<string> => new Set(lines.flatMap((line) => line.split(' ')));

/**
 * LaTeX commands that begin with the letter of an escape, without that letter. Written in JSON or Python with one
 * backslash instead of two, `\frac` becomes a form feed and `rac`.
 */
const remainders: Readonly<Record<string, ReadonlySet<string>>> = {
  '\x07': words('leph lpha malg ngle pprox pproxeq rccos rcsin rctan rg st symp'),
  '\b': words(
    'acksim ackslash ar arwedge cancel ecause egin eta eth etween f ig igcap igcup igg iggl iggr igl igodot igoplus',
    'igotimes igr igskip igstar igtriangledown igtriangleup iguplus igvee igwedge inom lacksquare lacktriangle mod old',
    'oldsymbol ot otimes owtie oxdot oxed oxminus oxplus oxtimes race rack reve ullet umpeq',
  ),
  '\t': words(
    'ag an anh au binom dfrac ext extbf extcolor extdegree extit extnormal extrm extsc extsf extsl extstyle exttt',
    'extup extwidth frac herefore heta hickapprox hicksim hickspace hinspace ilde imes iny o op riangle riangledown',
    'riangleleft rianglelefteq riangleq riangleright rianglerighteq woheadrightarrow',
  ),
  '\n': words(
    'Leftarrow Rightarrow abla atural cong e earrow eg eq ewcommand ewline exists geq geqslant leftarrow leq leqslant',
    'less mid oalign oindent olimits onumber ormalsize ot otin parallel prec rightarrow shortmid sim subset subseteq',
    'succ supset supseteq u vDash vdash',
  ),
  '\v': words('arepsilon arkappa arnothing arphi arpi arrho artheta dash dots ec ee ert skip space'),
  '\f': words('allingdotseq box lat oldingdotseq ootnote ootnotesize orall rac rown'),
  '\r': words(
    'Vert aisebox angle brace brack ceil ef enewcommand equire floor group ho ight ightarrow ightharpoondown',
    'ightharpoonup ightleftarrows ightleftharpoons ightsquigarrow isingdotseq m moustache times ule vert',
  ),
};
/**
 * What may as well begin a line or a cell of a table: words and variables. They count only between dollar signs, and
 * where the text begins, which no line end or tab does on purpose.
 */
const ambiguous = words(
  'an angle e eg exists group less m mid natural o op ot parallel prec sim skip space subset supset times u',
);

export interface LostBackslash {
  /** The command as it was meant, for example `\frac`. */
  readonly command: string;
  /** The text around it, with control characters as visible symbols. */
  readonly excerpt: string;
}

/**
 * The first control character of a text that stands where LaTeX has a backslash and a letter: followed by letters that
 * are exactly the rest of a known command. Line ends and tabs before words and variables are none, unless they are
 * inside `$…$` or begin the text.
 */
export function findLostBackslash(text: string): LostBackslash | undefined {
  let isInMath = false;
  // One pass: an escaped character, a dollar sign or two, or a control character with the letters behind it.
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  for (const { 0: found, 1: rest, index } of text.matchAll(/\\.|\$\$?|[\x07-\r]([A-Za-z]+)/gs)) {
    if (found.startsWith('$')) isInMath = !isInMath;
    if (rest === undefined || remainders[found.charAt(0)]?.has(rest) !== true) continue;
    if (ambiguous.has(rest) && !isInMath && index > 0) continue;
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

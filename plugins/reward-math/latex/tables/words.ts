import { pairs, words } from './table.js';

/** Plain words that mean a constant. */
export const wordConstants = pairs('infinity=infty infty=infty inf=infty oo=infty pi=pi Pi=pi');

/** Plain words that mean a mark. */
export const wordMarks = pairs(`
  and=and or=or percent=% percentage=% pct=% degrees=° degree=° deg=° union=∪ cup=∪ times=× cdot=* to=:
`);

/** Number words; sums and products of them are not read. */
export const numberWords = pairs(`
  zero=0 one=1 two=2 three=3 four=4 five=5 six=6 seven=7 eight=8 nine=9 ten=10 eleven=11 twelve=12 thirteen=13
  fourteen=14 fifteen=15 sixteen=16 seventeen=17 eighteen=18 nineteen=19 twenty=20 thirty=30 forty=40 fifty=50
  sixty=60 seventy=70 eighty=80 ninety=90
`);

/** Words behind a number that multiply it. */
export const scaleWords = pairs('hundred=100 thousand=1000 million=1000000 billion=1000000000 trillion=1000000000000');

/** Words that only announce an answer. "not", "at most", "about" and the like are no such words. */
export const introductions = new RegExp(
  String.raw`^(?:(?:so|thus|hence|therefore|then|finally|we (?:get|have|obtain|find)|it is|and),? ?)*` +
    String.raw`(?:(?:(?:the|my|our|this|its) )?(?:(?:final|correct|required|only|numerical|total|exact) )*` +
    String.raw`(?:answer|solution|result|value|number|total|sum)s?` +
    String.raw`(?: (?:is|are|equals?|would be|will be|must be|to this (?:problem|question) is` +
    String.raw`|of [a-zA-Z]{1,2} is|=))?` +
    String.raw`|there (?:is|are|exists?)(?: (?:exactly|only|precisely|a total of))?|(?:a )?total of|answers?|ans` +
    String.raw`|exactly|equals|is equal to|approximately|option|choice)?[ :.,]*$`,
  'i',
);

/** "The probability is": any noun may have the answer as its value. */
export const nounIntroduction = /^(?:[a-z]+, )?(?:the|its|our|this) ([a-z ,]{2,60}?) (?:is|are|equals?|=)[ :]*$/i;

/** Words that begin an explanation behind the answer. */
export const explanations = new RegExp(
  String.raw`^\(?\s*(?:since|because|as|approximately|approx|rounded|exactly|by|using|see)\b|^\([a-z]{3,} `,
  'i',
);

/** Words that begin the statement of whom or what an answer is true for. */
export const qualifiers = new RegExp(
  String.raw`^[\s,(]*(?:for (?:all|any|every|each|some|arbitrary|real|integer|positive|constants?)` +
    String.raw`|where|with|such that|whenever)(?: |$)`,
  'i',
);

/** Words of which the description of a domain may consist. */
export const domainWords = words(`
  for all any every each some arbitrary where with such that whenever is are be an a the constant constants integer
  integers real reals number numbers positive negative nonnegative non zero nonzero natural whole rational in of and
  x y z n m k c t element
`);

/** Words that change what a number says, so that they are never a unit. */
export const meaningfulWords = words(`
  not no or to and maybe possibly perhaps either neither nor than minus plus times over under negative more less
  between from if else otherwise except but without
  opposite inverse reciprocal converse unless least most above below up down root half third
  quarter twice double triple is are was until through about around nearly almost some any
`);

/** All real numbers, in words. */
export const allReals =
  /^(?:x (?:is|can be) )?(?:(?:the )?set of )?(?:all|any|every|the)? ?(?:reals?|real numbers?)(?: x| line)?$/i;

/** Problems as numerous as anyone wants: no two alike, in length and form like those of ORZ's file. */
import { createRandom } from '../../../dist/core/random.js';

const stream = createRandom(1).stream('growth problems');
const openings = [
  'A rectangular garden is \\(%a\\) metres long and \\(%b\\) metres wide.',
  'Let \\(f(x) = %ax^2 + %bx + %c\\) for all real \\(x\\).',
  'In triangle \\(ABC\\), \\(AB = %a\\), \\(BC = %b\\), and the angle at \\(B\\) is \\(%c^\\circ\\).',
  'How many integers \\(n\\) with \\(1 \\le n \\le %a\\) leave the remainder \\(%b\\) when divided by \\(%c\\)?',
  'A bag holds %a red, %b green and %c blue marbles, and two of them are drawn without replacement.',
];
const endings = [
  'Compute \\(\\frac{%a}{%b} + \\sqrt{%c}\\) and give the result as a fraction in lowest terms.',
  'Find the smallest positive value that satisfies \\[ %ax + %b \\equiv %c \\pmod{97}. \\]',
  'What is the probability of the event described, as a decimal with %a digits?',
  'Determine the sum of all such values, given that none of them is greater than %c.',
];

/** @param {string} text @param {number} n */
const filled = (text, n) =>
  text
    .replaceAll('%a', `${n}`)
    .replaceAll('%b', `${2 + stream.integer(90, n, 1)}`)
    .replaceAll('%c', `${2 + stream.integer(170, n, 2)}`);

/** A file in the form of ORZ's. @param {number} from @param {number} count */
export function writeProblems(from, count) {
  const problems = Array.from({ length: count }, (_, i) => {
    const n = from + i;
    const [opening = '', ending = ''] = [openings[n % openings.length], endings[n % endings.length]];
    return [
      { from: 'human', value: `${filled(opening, n)} ${filled(ending, n + 3)}` },
      { from: 'assistant', ground_truth: { value: `${stream.integer(5000, n, 3)}` } },
    ];
  });
  return JSON.stringify(problems);
}

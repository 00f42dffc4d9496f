import { describe, expect, it } from 'vitest';
import { hostileResponses } from '../../../core/conformance/reward.js';
import { answerAnywhere } from '../../../plugins/reward-math/answers.js';
import { gradeResponse } from '../../../plugins/reward-math/reward.js';
import { mathRewardSettings } from '../../../plugins/reward-math/settings.js';
import { verify } from '../../../plugins/reward-math/verify.js';
import { corpus } from './corpus.js';
import { random } from './random.js';

const settings = mathRewardSettings.parse({});
const anywhere = mathRewardSettings.parse({ extraction: 'anywhere', targets: ['latex', 'expr', 'string'] });
const nested = (open: string, inside: string, close: string, depth: number): string =>
  open.repeat(depth) + inside + close.repeat(depth);

const hostile: Readonly<Record<string, string>> = {
  'a million digits': '7'.repeat(1_000_000),
  'digits at the length limit': '9'.repeat(4000),
  'a quotient of long numbers': `\\frac{${'7'.repeat(1900)}}{${'3'.repeat(1900)}}`,
  'products of long numbers': `${'8'.repeat(900)}\\cdot${'8'.repeat(900)}\\cdot${'8'.repeat(900)}`,
  'a megabyte of noise': Array.from({ length: 1_000_000 }, (_, k) => String.fromCharCode(33 + ((k * 7919) % 90))).join(
    '',
  ),
  'deep parentheses': nested('(', '1', ')', 20_000),
  'parentheses below the length limit': nested('(', '1', ')', 1900),
  'deep braces': nested('{', '1', '}', 1900),
  'deep fractions': nested('\\frac{1}{1+', '1', '}', 300),
  'deep roots': nested('\\sqrt{', '2', '}', 500),
  'deep functions': `${'\\sin '.repeat(700)}x`,
  'deep bars': '|'.repeat(3000),
  'deep powers': `2${'^{2'.repeat(900)}${'}'.repeat(900)}`,
  'towers without braces': `2${'^2'.repeat(1900)}`,
  'a power tower': '9^{9^{9^{9^9}}}',
  'a tower of factorials': '9!!!!!!!!!!',
  'many factorials': `9${'!'.repeat(3000)}`,
  'many percent signs': `9${'%'.repeat(3000)}`,
  'a huge exponent': '2^{10^{100}}',
  'a tiny base': '0.5^{10^{100}}',
  'a huge factorial': '(10^{9})!',
  'a huge binomial': '\\binom{10^9}{5\\cdot10^8}',
  'a long sum': '\\sum_{i=1}^{10^{12}} i',
  'nested sums': '\\sum_{a=1}^{400}\\sum_{b=1}^{400}\\sum_{c=1}^{400} abc',
  'many plus-minus signs': `1${'\\pm1'.repeat(900)}`,
  'many items': Array.from({ length: 1300 }, (_, k) => k).join(', '),
  'many unlike terms': Array.from({ length: 600 }, (_, k) => `x_{${k}}`).join('+'),
  'many products': Array.from({ length: 500 }, (_, k) => `(x+${k})`).join(''),
  'a large power of a sum': '(a+b+c+d+e)^{1000}',
  'an angle beyond reduction': '\\sin(10^{100})',
  'digits of an angle': '\\cos(10^{12})',
  'many unions': Array.from({ length: 300 }, (_, k) => `[${k},${k})`).join('\\cup'),
  'a long word': 'a'.repeat(3900),
  'many words': 'word '.repeat(700),
  'unknown commands': '\\zzz'.repeat(900),
  'one long command': `\\${'z'.repeat(3900)}`,
  'unclosed groups': '\\text{'.repeat(600),
  'many dollars': '$'.repeat(3999),
  'lone surrogates': '\ud800\udfff\ud800'.repeat(900),
  'null characters': '\0'.repeat(3000),
  'combining marks': `x${'\u0301'.repeat(3000)}`,
  'right-to-left': '\u202e5\u202c',
  'a determinant': `\\begin{vmatrix}${Array(20).fill(Array(20).fill('1').join('&')).join('\\\\')}\\end{vmatrix}`,
  'matrix products': Array.from({ length: 40 }, () => '\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}').join(''),
  'object names': '__proto__.constructor',
  'inequality of high degree': 'x^{99}-x^{98}+x^{97}<1',
  'inequality chain': `x${'<x'.repeat(1500)}`,
  'repeated subscripts': `x${'_{1}'.repeat(900)}`,
  ratios: '1:'.repeat(1900) + '1',
  semicolons: ';'.repeat(3900),
  'decimal points': '.'.repeat(3900),
  'near misses of numerals': '1,'.repeat(1900),
  'spaced numerals': '1 234'.repeat(700),
};

describe('hostile answers', () => {
  for (const [name, text] of Object.entries(hostile)) {
    it(`${name}: a verdict that is never correct, in both roles`, () => {
      for (const other of ['42', 'x^2+1', '[0,1)', '\\{1,2\\}', 'x < 3', 'Evelyn']) {
        expect(verify(other, text, settings).verdict, `against ${other}`).not.toBe('correct');
        expect(verify(text, other, settings).verdict, `as gold of ${other}`).not.toBe('correct');
      }
      const self = verify(text, text, settings);
      expect(['correct', 'undecidable', 'wrong']).toContain(self.verdict);
    });
  }

  it('is bounded by counted steps: the same rule on every run', () => {
    for (const text of Object.values(hostile).filter((one) => one.length <= settings.maxLength))
      expect(verify('42', text, settings)).toEqual(verify('42', text, settings));
  });

  it('hostile responses get a verdict with every kind of extraction', () => {
    for (const text of [
      ...hostileResponses,
      ...Object.values(hostile),
      ...Object.values(hostile).map((t) => `<answer>\\boxed{${t}}</answer>`),
      ...Object.values(hostile).map((t) => `answer is $${t}$ I hope`),
    ]) {
      expect(gradeResponse('42', text, 'stop', settings).value).toBe(0);
      answerAnywhere(text, anywhere);
    }
  });
});

describe('random answers', () => {
  const pieces = [
    '1',
    '2.5',
    'x',
    'y',
    '\\frac',
    '{',
    '}',
    '(',
    ')',
    '[',
    ']',
    '^',
    '_',
    '+',
    '-',
    '\\cdot',
    '/',
    '\\sqrt',
    '\\sin',
    '\\log_',
    ',',
    ';',
    '=',
    '<',
    '\\le',
    '\\pm',
    '\\cup',
    '\\infty',
    '\\{',
    '\\}',
    '|',
    '!',
    '\\%',
    '^\\circ',
    '\\text{cm}',
    '\\text{ or }',
    ':',
    '\\pi',
    'e',
    'i',
    '\\begin{pmatrix}',
    '\\end{pmatrix}',
    '&',
    '\\\\',
    '\\in',
    '$',
    ' ',
    'abcd',
    '\\binom',
    '\\sum',
    '\\left',
    '\\right',
    "'",
    '0',
  ];

  it('never throw, and equal themselves whenever they can be read', () => {
    const next = random(11);
    for (let k = 0; k < 1500; k++) {
      const text = Array.from({ length: 1 + (next() % 12) }, () => pieces[next() % pieces.length]).join('');
      const other = corpus[next() % corpus.length]!.cases[0]![0];
      verify(text, other, settings);
      verify(other, text, settings);
      expect(verify(text, text, settings).verdict, JSON.stringify(text)).not.toBe('wrong');
    }
  });

  it('mutations of real answers never throw', () => {
    const next = random(13);
    const golds = corpus.flatMap(({ cases }) => cases.map(([gold]) => gold));
    for (let k = 0; k < 1500; k++) {
      const gold = golds[next() % golds.length]!;
      const at = next() % (gold.length + 1);
      const mutated =
        next() % 2 === 0
          ? gold.slice(0, at) + pieces[next() % pieces.length] + gold.slice(at)
          : gold.slice(0, at) + gold.slice(at + 1 + (next() % 3));
      verify(gold, mutated, settings);
    }
  });
});

/**
 * Pairs of gold and prediction with the verdict they must get, by row of the strictness table in docs/reward.md.
 * Each line: gold, then predictions that are right, then predictions that are wrong.
 */
export interface CorpusRow {
  readonly row: string;
  readonly cases: readonly (readonly [gold: string, right: readonly string[], wrong: readonly string[]])[];
}

const r = String.raw;

export const corpus: readonly CorpusRow[] = [
  {
    row: 'whole numbers',
    cases: [
      [
        '42',
        [
          '42',
          ' 42 ',
          '042',
          '+42',
          '42.',
          r`{42}`,
          r`$42$`,
          r`\mathbf{42}`,
          r`\text{42}`,
          r`42\,`,
          r`\left(42\right)`,
        ],
        ['41', '-42', '4 2', '24', r`4\cdot 2`, '', 'forty'],
      ],
      ['0', ['0', '-0', '0.0', r`\frac{0}{5}`], ['1', r`\frac{1}{0}`, r`10^{-40}`, '0.0000001']],
      [
        '9007199254740993',
        ['9007199254740993', '9,007,199,254,740,993', r`2^{53}+1`],
        ['9007199254740992', '9007199254740994', r`2^{53}`],
      ],
      ['18446744073709551616', [r`2^{64}`, r`4^{32}`, r`2^{63}+2^{63}`], [r`2^{64}-1`, r`2^{65}`]],
      ['000', ['0', '000'], ['1']],
      ['-5', [r`−5`, '–5', r`-\,5`, '-5.0'], ['5', '–6']],
    ],
  },
  {
    row: 'fractions and mixed numbers',
    cases: [
      [
        r`\frac{1}{3}`,
        [
          r`1/3`,
          r`\dfrac13`,
          r`\tfrac{1}{3}`,
          r`\frac{2}{6}`,
          r`\cfrac{1}{3}`,
          r`{1 \over 3}`.replace(r`{1 \over 3}`, r`\frac 13`),
          '⅓',
          r`3^{-1}`,
          r`0.\overline{3}`,
          r`0.333333`,
        ],
        [r`\frac{1}{4}`, '0.33', r`\frac{3}{1}`, r`1/33`, r`-\frac13`],
      ],
      [
        r`-\frac{3}{4}`,
        [r`\frac{-3}{4}`, r`\frac{3}{-4}`, r`-3/4`, '-0.75', r`-\left(\frac34\right)`],
        [r`\frac34`, r`-\frac43`],
      ],
      [r`4\frac{8}{21}`, [r`\frac{92}{21}`, r`4 \tfrac{8}{21}`, '4 8/21'], [r`\frac{32}{21}`, r`4\cdot\frac{8}{21}`]],
      [r`-2\frac{1}{2}`, ['-2.5', r`-\frac52`], ['-1.5', '2.5']],
      ['6', [r`2(3)`, r`2 \cdot 3`, r`(2)(3)`], ['5', '23']],
      [r`\frac{28}{3}`, [r`2\left(\frac{14}{3}\right)`], [r`\frac{20}{3}`]],
      [r`\frac{\frac{1}{2}}{3}`, [r`\frac16`], [r`\frac32`]],
      [
        r`\frac{10^{30}+1}{3}`,
        [r`333333333333333333333333333333 + \frac{4}{3} - 1 + \frac13`],
        [r`333333333333333333333333333333`],
      ],
    ],
  },
  {
    row: 'decimals',
    cases: [
      ['0.125', [r`\frac18`, '.125', '0.1250', r`12.5\%`], ['0.12', '0.1251']],
      [r`\sqrt{2}`, ['1.414214', '1.4142136', r`1.41421356`], ['1.414', '1.4142', '1.41421']],
      ['7.78', ['7.78', '7.780'], ['7.79', '7.8', r`\frac{70}{9}`]],
      ['0.0000123', ['0.0000123', r`1.23 \times 10^{-5}`], ['0.0000121', '0', '0.00001']],
      [r`1.6 \times 10^{-19}`, [r`1.6\cdot 10^{-19}`, '1.6e-19', '1.6E-19'], ['0', r`9.1 \times 10^{-31}`]],
      [r`0.1\overline{6}`, [r`\frac16`], ['0.1', '0.16']],
      ['1000000.5', ['1000000.5', '2000001/2'], ['1000000.6', '1000001']],
    ],
  },
  {
    row: 'thousands separators',
    cases: [
      [
        '1234567',
        ['1,234,567', r`1{,}234{,}567`, r`1,\!234,\!567`, r`1\,234\,567`, '1 234 567', '1234567.0'],
        ['1,234,568', '1,234', '123,4567'],
      ],
      [r`32,\!348`, ['32348', '32,348', r`\$32,348`], ['32', '348', '32, 348']],
      ['12', ['12'], ['1,2', '1, 2']],
      ['3,4', ['3, 4', '4,3'], ['3,5', '34', '3.4']],
      ['3', [], ['3,5', '3, 4']],
      ['(1,234)', ['(1, 234)'], ['1234']],
    ],
  },
  {
    row: 'percent',
    cases: [
      [
        r`28\%`,
        [r`28 \%`, '28%', r`28\text{ percent}`, '28 percent', '0.28', r`\frac{7}{25}`, '28'],
        ['2800', r`27\%`],
      ],
      ['10', ['10', r`10\%`, '10 percent'], [r`0.1\%`, '0.1']],
      ['50', [r`5000\%`, r`50\%`], ['0.5']],
      [r`12.5\%`, ['0.125', r`12.50\%`, '12.5'], ['1250', '0.00125']],
    ],
  },
  {
    row: 'degrees',
    cases: [
      [r`90^\circ`, ['90', r`90^{\circ}`, '90°', r`90\text{ degrees}`, '90 degrees', r`\frac{\pi}{2}`], ['91', r`\pi`]],
      [r`\cos 60^\circ`, [r`\frac12`, r`\cos\frac{\pi}{3}`], [r`\cos 60`]],
      [r`\tan 15^\circ`, [r`2-\sqrt{3}`], [r`\tan 15`]],
      [r`\frac{\pi}{6}`, [r`30^\circ`], ['30', r`60^\circ`]],
    ],
  },
  {
    row: 'currency and units',
    cases: [
      [r`\$32`, ['32', r`32\text{ dollars}`, '32 dollars', '$32$'], ['33', r`32\text{ cents}`]],
      [
        r`13\text{ cm}`,
        ['13', r`13\mathrm{~cm}`, r`13\mbox{ cm}`, '13 cm', r`130\text{ mm}`, r`0.13 \text{ m}`],
        [r`12\text{ cm}`, r`13\text{ m}`, r`13\text{ cm}^2`, r`13\text{ seconds}`],
      ],
      [
        r`15\mbox{ cm}^2`,
        ['15', r`15\text{ cm}^{2}`, r`15\text{ square centimeters}`, '15 cm²'],
        [r`15\text{ cm}`, r`15\text{ m}^2`],
      ],
      [r`1920\text{ ways.}`, ['1920', r`1920\text{ ways}`], ['1921']],
      [r`65 \text{ children tickets }`, ['65', r`65\text{ tickets}`], ['66']],
      [r`60\text{ miles per hour}`, ['60', r`60\text{ mph}`.replace('mph', 'miles/hour')], ['61', r`60\text{ km/h}`]],
      [r`2\text{ hours}`, [r`120\text{ minutes}`, '2'], [r`120\text{ seconds}`]],
      [r`864 \mbox{ inches}^2`, [r`864\text{ square inches}`, r`6\text{ ft}^2`], [r`864\text{ square feet}`]],
      ['12V', [r`12v`], ['12', '13V']],
      [r`\frac{1}{\mathrm{e}}`, [r`e^{-1}`, r`\frac1e`], ['1']],
      [r`0.06 \text{ yuan}`, ['0.06'], ['0.6']],
    ],
  },
  {
    row: 'powers, roots and logarithms',
    cases: [
      [
        r`2\sqrt{2}`,
        [r`\sqrt{8}`, r`\sqrt 8`, r`2^{3/2}`, r`2\cdot2^{0.5}`, r`\frac{4}{\sqrt2}`, '√8', r`2\sqrt2`],
        [r`\sqrt{2}`, r`2\sqrt{3}`, r`2 + \sqrt2`],
      ],
      [
        r`\frac{\sqrt{6}-\sqrt{2}}{4}`,
        [r`\frac{\sqrt2(\sqrt3-1)}{4}`, r`\sin 15^\circ`, r`\frac{1}{\sqrt6+\sqrt2}`],
        [r`\frac{\sqrt6+\sqrt2}{4}`],
      ],
      [r`\sqrt{5+2\sqrt6}`, [r`\sqrt2+\sqrt3`], [r`\sqrt2+\sqrt5`]],
      [r`\sqrt[3]{54}`, [r`3\sqrt[3]{2}`, r`54^{1/3}`, r`3\cdot 2^{\frac13}`], [r`3\sqrt{2}`]],
      [r`\sqrt[3]{-8}`, ['-2'], ['2']],
      [r`100000000000000000000\sqrt{2}`, [r`10^{20}\sqrt2`, r`\sqrt{2\cdot10^{40}}`], [r`141421356237309504880`]],
      [r`\sqrt{10^{40}+1}`, [r`(10^{40}+1)^{1/2}`], [r`10^{20}`]],
      [r`\log_2 8`, ['3'], ['2', r`\log_3 8`]],
      [r`2\ln 3`, [r`\ln 9`, r`\log_e 9`], [r`\ln 6`, r`\log 9`]],
      [r`\log 1000`, ['3', r`\lg 1000`], [r`\ln 1000`]],
      [r`\frac{\ln 5}{\ln 2}`, [r`\log_2 5`, r`\frac{\log 5}{\log 2}`], [r`\log_5 2`]],
      [r`2^{2005}`, [r`4^{1002}\cdot 2`, r`2\cdot2^{2004}`], [r`2^{2004}`, r`2^{2005}+1`]],
      [r`3^{6567340}`, [r`3^{6567340}`, r`9^{3283670}`], [r`3^{6567341}`, '1']],
      [r`10^{10^{10}}`, [r`10^{10^{10}}`], ['5', r`10^{10^{9}}`]],
    ],
  },
  {
    row: 'constants and complex numbers',
    cases: [
      [r`\pi`, ['π', '3.141593', 'pi'], ['3.14', r`\frac{22}{7}`, 'p']],
      [r`e^2`, [r`\exp(2)`, r`e\cdot e`, r`\mathrm{e}^{2}`], ['e', '7.389']],
      [r`-1`, [r`e^{i\pi}`, r`i^2`, r`(\sqrt{-1})^2`], ['i', '1']],
      [r`3+4i`, [r`4i+3`, r`3 + 4 i`, r`3+4\mathrm{i}`, r`5e^{i\arctan(4/3)}`], ['3-4i', '7i', '3+4']],
      [r`\sqrt{-4}`, ['2i'], ['-2', '-2i']],
      [r`|3+4i|`, ['5'], ['7']],
      [r`\frac{1}{1+i}`, [r`\frac{1-i}{2}`], [r`\frac{1+i}{2}`]],
      [r`(1+i)^8`, ['16'], ['-16', '16i']],
    ],
  },
  {
    row: 'trigonometry',
    cases: [
      [r`\sin^2 x`, [r`1-\cos^2 x`, r`(\sin x)^2`, r`\frac{1-\cos 2x}{2}`, r`\sin(x)^2`], [r`\sin x^2`, r`\cos^2 x`]],
      [r`\tan^2(y)+1`, [r`\sec^2(y)`, r`\frac{1}{\cos^2 y}`], [r`\csc^2 y`]],
      [r`2 \sin b \cos a`, [r`\sin(a+b)-\sin(a-b)`, r`2\cos a\sin b`], [r`2\sin a\cos b`]],
      [
        r`\arctan\frac12`,
        [r`\tan^{-1}\frac12`, r`\arctan(0.5)`, r`\operatorname{arctan}(1/2)`],
        [r`\frac{1}{\tan \frac12}`, r`\arctan 2`],
      ],
      [r`\frac{e^{x}-e^{-x}}{2}`, [r`\sinh x`], [r`\cosh x`]],
      [r`\sin \frac{\pi}{4}`, [r`\frac{\sqrt2}{2}`], [r`\frac12`]],
    ],
  },
  {
    row: 'factorials, binomials, sums',
    cases: [
      [
        '120',
        [r`5!`, r`\binom{10}{3}`, r`\dbinom{10}{7}`, r`\frac{6!}{6}`, r`\sum_{k=1}^{15} k`, r`\prod_{k=1}^{5} k`],
        [r`6!`, r`\binom{10}{4}`, r`\sum_{k=1}^{16} k`],
      ],
      [
        r`\binom{2n}{n}`,
        [r`\frac{(2n)!}{n!\,n!}`, r`\binom{2n-1}{n}\cdot 2`],
        [r`\binom{2n}{n-1}`, r`\frac{(2n)!}{n!}`],
      ],
      [r`\frac{n(n+1)}{2}`, [r`\binom{n+1}{2}`, r`\sum_{k=1}^{n} k`, r`\frac{n^2+n}{2}`], [r`\frac{n(n-1)}{2}`]],
      [r`15!!`, [r`15\cdot13\cdot11\cdot9\cdot7\cdot5\cdot3`], [r`15!`]],
      [r`\gcd(12,18)`, ['6'], ['36']],
      [r`\lfloor 3.7 \rfloor`, ['3', r`\left\lfloor\pi\right\rfloor`], ['4', r`\lceil 3.7\rceil`]],
      [r`(-1)^n`, [r`(-1)^{n+2}`, r`\cos(\pi n)`, r`(-1)^{-n}`], [r`(-1)^{n+1}`, '1']],
    ],
  },
  {
    row: 'algebra',
    cases: [
      [
        r`\frac{x+2}{7}`,
        [r`\frac{x}{7}+\frac{2}{7}`, r`\frac17(x+2)`, r`\frac{2+x}{7}`],
        [r`\frac{x+2}{8}`, r`\frac{x-2}{7}`],
      ],
      [r`x^4+4`, [r`(x^2+2x+2)(x^2-2x+2)`, r`4+x^4`], [r`(x^2+2)^2`, r`x^4-4`]],
      [r`(x+1)^2`, [r`x^2+2x+1`, r`(1+x)(x+1)`], [r`x^2+1`, r`x^2+2x`]],
      [r`\frac{1}{n}-\frac{1}{n+1}`, [r`\frac{1}{n(n+1)}`], [r`\frac{1}{n+1}`]],
      [r`2^{n+1}-2`, [r`2(2^n-1)`, r`2\cdot 2^n - 2`], [r`2^{n+1}-1`, r`2^n-2`]],
      [r`|x|`, [r`\sqrt{x^2}`, r`\lvert x\rvert`], ['x', '-x']],
      [r`x^2`, [r`x\cdot x`, 'X^2', 'x²'], [r`x^2+10^{-30}`, r`x^3`, 'y^2']],
      [r`R^2-r^2`, [r`(R-r)(R+r)`], ['0', r`r^2-R^2`]],
      [r`42x\sqrt{5x}`, [r`42\sqrt{5x^3}`, r`42x^{3/2}\sqrt5`], [r`42\sqrt{5x}`]],
      [r`ab`, ['ba', r`a \cdot b`, r`a\times b`], ['a+b', 'a/b', 'abc']],
      [r`x_1+x_2`, [r`x_{2}+x_{1}`, r`x₁+x₂`], [r`x_1+x_3`, r`2x`]],
      [r`\alpha+\beta`, ['β+α', r`\beta + \alpha`], [r`\alpha-\beta`]],
      [r`f(x)`, [r`f(x)`], ['f(y)', 'g(x)', 'fx']],
      [r`-4r+3`, [r`3-4r`], [r`4r+3`]],
      [r`(-1)^nn`, [r`n(-1)^n`], [r`n`]],
      [r`\frac{\frac{a}{b}}{c}`, [r`\frac{a}{bc}`], [r`\frac{ac}{b}`]],
    ],
  },
  {
    row: 'assignments',
    cases: [
      [
        '5',
        [
          'x = 5',
          'x=5.0',
          r`n\approx 5`,
          r`\text{Area}=5`,
          r`|AB|=5`,
          r`f(2) = 5`,
          '5 = x',
          '2+3 = 5',
          '= 5',
          r`x=2+3=5`,
        ],
        ['5 = 6', '6 = 5', 'x = 6', '2 + 2 = 5', r`x \ne 5`],
      ],
      ['6', [], ['5 = 6']],
      ['n = 4', ['4', 'n=4', 'N = 4'], ['m = 4', '5', 'n = 5']],
      ['x = 5', ['5', '5 = x'], ['y = 5', 'y=5']],
      ['abc = 4', ['4', 'abc=4'], ['5']],
      [r`x=\frac{1}{67}`, [r`\frac1{67}`], ['67']],
      [r`f(x) = x^2 + 1`, [r`x^2+1`, r`f(t) = t^2+1`, r`y = x^2+1`], [r`f(x)=x^2`, r`g(x)=x^2+1`, r`f(y)=x^2+1`]],
      [r`k(n) = n + 1`, [r`n+1`, r`k(m) = m+1`], [r`n`]],
      [r`x \in \{1, 2\}`, [r`\{1,2\}`, r`x = 1 \text{ or } x = 2`, '1, 2'], [r`\{1,3\}`]],
    ],
  },
  {
    row: 'equations',
    cases: [
      [
        'y = 2x + 1',
        ['2y = 4x + 2', 'y - 2x = 1', r`2x - y + 1 = 0`, r`x = \frac{y-1}{2}`, '2x+1'],
        ['y = 2x - 1', 'y = x + 1', r`2y = 4x + 1`],
      ],
      [r`34x+45y-20z+100=0`, [r`-34x-45y+20z-100=0`, r`34x+45y-20z=-100`], [r`34x+45y-20z=100`]],
      [r`x^2/4 + y^2/3 = 1`, [r`3x^2+4y^2=12`, r`\frac{x^2}{4} = 1 - \frac{y^2}{3}`], [r`x^2/3 + y^2/4 = 1`]],
      [r`y = \frac{1}{x}`, [r`y = x^{-1}`, r`\frac1x`], [r`y = x`]],
      [r`2x + z = 1`, ['z = 1 - 2x'], ['1', '2x + z = 2']],
      [r`a + b - c = 0`, ['c = a+b', 'a+b=c'], ['0', 'a + b + c = 0']],
      ['AB = BA', ['BA = AB', 'AB=BA'], ['AB = CA']],
      [r`x = y`, ['y = x', 'x - y = 0'], ['x = -y', 'x = z']],
    ],
  },
  {
    row: 'inequalities',
    cases: [
      [
        r`x \geq 5`,
        [
          r`5 \le x`,
          r`x \ge 5`,
          'x >= 5',
          r`x\geqslant 5`,
          'x≥5',
          r`2x \ge 10`,
          r`-x \le -5`,
          r`[5,\infty)`,
          r`x \in [5, +\infty)`,
        ],
        [r`x > 5`, r`x \le 5`, '5', r`(5,\infty)`, r`y \ge 5`],
      ],
      [
        r`-793 < a < 10`,
        [r`(-793, 10)`, r`10 > a > -793`, r`a \in (-793,10)`, r`a > -793 \text{ and } a < 10`],
        [r`[-793,10]`, r`-793 < a < 11`, r`-793 \le a < 10`],
      ],
      [
        r`x \ne 3`,
        ['x != 3', r`x\neq 3`, r`(-\infty,3)\cup(3,\infty)`, r`\mathbb{R}\setminus\{3\}`],
        ['x = 3', r`x \ne 4`],
      ],
      [r`x^2 < 4`, [r`-2<x<2`, r`(-2,2)`, r`|x|<2`], [r`x < 2`, r`x^2 \le 4`, r`x^2<3`]],
      [r`x^2<2`, [r`(-\sqrt2,\sqrt2)`, r`2 > x^2`], [r`x^2<3`, r`x^2 \le 2`]],
      [
        r`1\leq|z|\leq \frac{3}{2}`,
        [r`z \in \left[-\frac{3}{2}, -1\right] \cup \left[1, \frac{3}{2}\right]`],
        [r`\left[1,\frac32\right]`],
      ],
      [r`n \leq \frac{p^2}{4}`, [r`4n \le p^2`, r`p^2 \ge 4n`], [r`n \ge \frac{p^2}{4}`, r`n < \frac{p^2}{4}`]],
      [r`f(2) < f(1) < f(4)`, [r`f(4) > f(1) > f(2)`], [r`f(1) < f(2) < f(4)`]],
      [r`-\sqrt{3}\leqslantx\leqslant\sqrt{3}`, [r`[-\sqrt3,\sqrt3]`], [r`(-\sqrt3,\sqrt3)`]],
      [r`x<1 \text{ or } x>2`, [r`(-\infty,1)\cup(2,\infty)`, r`x > 2, x < 1`], [r`1<x<2`]],
    ],
  },
  {
    row: 'intervals and unions',
    cases: [
      [
        r`[0,1)`,
        [r`\left[0,1\right)`, r`[0, 1.0)`, r`\lbrack 0,1)`],
        ['[0,1]', '(0,1)', '(0,1]', '[0,2)', '0, 1', r`0 \le x < 1`],
      ],
      [
        r`(-\infty,-1)\cup(0.5,\infty)`,
        [r`\left(\tfrac12,\infty\right)\cup(-\infty,-1)`, r`(-\infty,-1)∪(1/2,+∞)`],
        [r`(-\infty,-1)\cup[0.5,\infty)`, r`(-\infty,-1)`, r`(-1,0.5)`],
      ],
      [r`(-\infty,2)\cup(2,4)`, [r`(-\infty,4)\setminus\{2\}`], [r`(-\infty,4)`]],
      [r`[1,3]`, [r`[1,2]\cup[2,3]`, r`[1,2)\cup[2,3]`], [r`[1,2)\cup(2,3]`, '(1,3)', '1,3']],
      [r`\{-1\}\cup[0,7)`, [r`[0,7)\cup\{-1\}`, r`x\in\{-1\}\cup[0,7)`], [r`[-1,7)`, r`[0,7)`]],
      [r`(-a,a)`, [r`(-a, a)`], [r`[-a,a]`, r`(a,-a)`]],
      [r`(-\infty,a)\cup(a,\infty)`, [r`(a,\infty)\cup(-\infty,a)`], [r`(-\infty,\infty)`]],
      [r`\mathbb{R}`, [r`(-\infty,\infty)`, 'ℝ', r`\mathbb R`], [r`\mathbb{Q}`, r`(0,\infty)`]],
      [r`(\frac{3}{5},\frac{8}{3}]`, [r`(0.6,\frac{8}{3}]`, r`(0.6,2.666667]`], [r`(0.6,2.67]`]],
      [r`[1,\infty)`, [r`[1,+\infty)`, r`[1,\infty]`], [r`(1,\infty)`]],
    ],
  },
  {
    row: 'tuples',
    cases: [
      [
        r`\left( 3, \frac{\pi}{2} \right)`,
        [r`(3,\pi/2)`, r`(3, 0.5\pi)`, r`3, \frac{\pi}{2}`, r`(r,\theta) = (3,\frac\pi2)`],
        [r`(\frac{\pi}{2},3)`, r`[3,\frac{\pi}{2}]`, '3', r`(3,\frac\pi2,0)`],
      ],
      ['(3,1)', [r`(3,1)`], [r`\{1,3\}`, '(1,3)', '[3,1)', '(3,1]']],
      ['(1,2,3)', [r`( 1 , 2 , 3 )`, r`\langle 1,2,3\rangle`, '[1,2,3]'], ['(1,3,2)', '(1,2)', '[1,2,3)', '123']],
      [r`(x,y)=(1,2)`, ['(1,2)', 'x=1, y=2', 'x = 1 \\text{ and } y = 2'], ['(2,1)', 'x=2,y=1']],
      ['x=1, y=2', ['y=2, x=1', '1, 2', '(1,2)'], ['x=2, y=1', '2, 1', 'x=1']],
      [r`AB=4,CD=5`, ['4,5', 'CD = 5, AB = 4'], ['5,4', 'AB=5, CD=4']],
    ],
  },
  {
    row: 'sets and lists',
    cases: [
      [
        r`\{1,2,3\}`,
        [
          r`\{3,2,1\}`,
          '1,2,3',
          r`3, 1 \text{ and } 2`,
          r`\left\{1,2,3\right\}`,
          r`\{1,1,2,3\}`,
          '1;2;3',
          r`1\text{, }2\text{, and }3`,
        ],
        [r`\{1,2\}`, r`\{1,2,4\}`, r`\{1,2,3,4\}`, '6', '123'],
      ],
      [
        '1,-2',
        ['-2,1', r`x=-2 \text{ or } x=1`, r`\{1,-2\}`, 'x=1,x=-2', r`x_1 = 1, x_2 = -2`],
        ['1,-5', '1', '-2', '1,2'],
      ],
      ['42', [], [r`42 \text{ or } 43`, '42, 43', r`\{42, 7\}`]],
      ['x^2', [r`\{x^2\}`], [r`x^2, \text{ or anything}`, 'x^2, x', r`x^2 \text{ or } x`]],
      [r`3 \text{ or } 4`, ['3, 4', '4 or 3'], ['3', '4']],
      [r`\pm 2021`, [r`-2021, 2021`, r`\{-2021,2021\}`, r`x = \pm 2021`], ['2021', '-2021']],
      [r`1 \pm \sqrt{19}`, [r`1+\sqrt{19}, 1-\sqrt{19}`, r`1\mp\sqrt{19}`], [r`1+\sqrt{19}`, r`1\pm\sqrt{18}`]],
      [r`\{1\pm\sqrt{5},-2\}`, [r`-2, 1+\sqrt5, 1-\sqrt5`], [r`1\pm\sqrt5`]],
      [
        r`(2, 2), (6, 2)`,
        [r`(6,2),(2,2)`, r`\{(2,2),(6,2)\}`, r`(2,2) \text{ and } (6,2)`],
        [r`(2,2)`, r`(2,2),(2,6)`],
      ],
      [r`(0;0),(1;2)`, [r`(1,2),(0,0)`], [r`(2,1),(0,0)`]],
      [r`\emptyset`, [r`\varnothing`, r`\{\}`, '∅', r`\text{no solution}`, 'no solutions'], ['0', r`\{0\}`]],
      ['5', [r`\{5\}`, r`\{5,5\}`], [r`\{5,6\}`]],
      ['1,-1,i,-i', ['i,-i,1,-1', r`\pm1,\pm i`], ['1,-1,i']],
      [
        r`x = \frac{1}{2}, x = \frac{-1 \pm \sqrt{13}}{4}`,
        [r`\frac12, \frac{-1+\sqrt{13}}{4}, \frac{-1-\sqrt{13}}{4}`],
        [r`\frac12`],
      ],
    ],
  },
  {
    row: 'matrices and vectors',
    cases: [
      [
        r`\begin{pmatrix}1&2\\3&4\end{pmatrix}`,
        [
          r`\begin{bmatrix} 1 & 2 \\ 3 & 4 \\ \end{bmatrix}`,
          r`\left[\begin{array}{cc}1&2\\3&4\end{array}\right]`.replace(r`\left[`, '').replace(r`\right]`, ''),
          r`A = \begin{pmatrix}1&2\\3&4\end{pmatrix}`,
        ],
        [r`\begin{pmatrix}1&2\\3&5\end{pmatrix}`, r`\begin{pmatrix}1&3\\2&4\end{pmatrix}`, '1,2,3,4'],
      ],
      [
        r`\begin{pmatrix} -1/3 \\ 2/3 \end{pmatrix}`,
        [r`\frac13\begin{pmatrix}-1\\2\end{pmatrix}`, r`\begin{pmatrix}-\frac13\\\frac23\end{pmatrix}`],
        [r`\begin{pmatrix}-1/3&2/3\end{pmatrix}`, r`\begin{pmatrix}1/3\\2/3\end{pmatrix}`],
      ],
      [
        r`\begin{pmatrix}1&0\\0&1\end{pmatrix}`,
        [r`\begin{pmatrix}1&1\\0&1\end{pmatrix}\begin{pmatrix}1&-1\\0&1\end{pmatrix}`],
        [r`\begin{pmatrix}0&1\\1&0\end{pmatrix}`],
      ],
      [r`\begin{vmatrix}1&2\\3&4\end{vmatrix}`, ['-2'], ['2']],
      [
        r`\begin{pmatrix}\cos\theta\\\sin\theta\end{pmatrix}`,
        [r`\begin{pmatrix}\sin(\frac\pi2-\theta)\\\sin\theta\end{pmatrix}`],
        [r`\begin{pmatrix}\sin\theta\\\cos\theta\end{pmatrix}`],
      ],
    ],
  },
  {
    row: 'ratios and times',
    cases: [
      ['7:1', ['14:2', '7', r`7 : 1`, r`\frac{7}{1}`], ['1:7', '8:1']],
      ['1:2:3', ['2:4:6', '1 : 2 : 3'], ['1:2:4', '1:2']],
      ['12:00', ['12:00', r`12\!:\!00`], ['1:00', '0:12', '12']],
      ['05:00', ['5:00', r`5:00`], ['5:30', '1:12']],
    ],
  },
  {
    row: 'bases and remainders',
    cases: [
      ['204_5', ['204_5', r`204_{5}`, '204', r`204_{\text{five}}`], ['204_6', '54', r`54_{10}`, '205_5']],
      ['1010100_2', [r`1010100_{2}`], ['84', '1010101_2']],
      ['152A_{11}', ['152A_{11}', r`152A_{11}`], ['152B_{11}', '1520_{11}']],
      [r`9 \pmod{11}`, ['9', r`9\pmod{11}`], ['8', r`9\pmod{12}`]],
    ],
  },
  {
    row: 'words and option letters',
    cases: [
      ['A', ['A', '(A)', r`\text{A}`, r`\textbf{(A)}`, 'a', 'A.', r`\mathrm{A}`], ['B', '(B)', 'AB', '1']],
      [
        r`\text{Evelyn}`,
        ['Evelyn', r`\text{evelyn}`, r`\mathrm{Evelyn}`, ' Evelyn.'],
        ['Carla', r`\text{Evelyn and Carla}`],
      ],
      [r`\text{odd}`, ['odd', r`\text{Odd}`], ['even', 'ddo']],
      ['Friday', [r`\text{Friday}`, 'friday'], ['Monday']],
      ['listen', ['Listen'], ['silent', 'tinsel']],
      ['yes', ['Yes', r`\text{Yes.}`], ['no', 'No', 'sey']],
      [r`\text{two lines}`, ['two lines', r`\text{ two lines }`], ['three lines', r`\text{two points}`]],
      [r`\text{A,B,C,D}`, ['A, B, C, D', r`\text{A, B, C, D}`], ['A, B, C']],
      ['sub-exponential', [r`\text{sub-exponential}`], ['exponential']],
      [r`\text{constructor}`, ['constructor'], [r`\text{__proto__}`, 'toString']],
      [r`\text{undefined}`, ['undefined'], ['NaN', 'null']],
      [r`\text{October 30}`, ['October 30'], ['October 31', '30']],
      ['MAKE', [r`\text{MAKE}`], ['KAME']],
    ],
  },
  {
    row: 'same text',
    cases: [
      [
        r`\{ z \in \mathbb{C} \mid |z| \leq 1 \}`,
        [r`\left\{z\in\mathbb{C}\mid |z|\le1\right\}`],
        [r`\{ z \in \mathbb{C} \mid |z| \leq 2 \}`],
      ],
      [r`9^{9^{9^9}}`, [r`9^{9^{9^{9}}}`], ['9', r`9^{9^{9^8}}`]],
      [r`\int_0^1 x^2\,dx`, [r`\int_{0}^{1} x^2 dx`], [r`\int_0^2 x^2 dx`]],
    ],
  },
  {
    row: 'unicode and malformed input',
    cases: [
      ['12', ['１２', ' 12 ', '12'], ['1​2', '1 2']],
      [r`\frac{1}{2}`, ['½', '1⁄2', r`\\frac{1}{2}`, 'frac{1}{2}'], ['⅓']],
      [r`x^{10}`, ['x¹⁰', 'x^10'], ['x^1']],
      [r`3 \times 4`, ['3×4', '3⋅4', '3*4', '12'], ['34', '7']],
      [r`\leq`, [], ['1']],
      [
        '7',
        [],
        [r`\frac{7}{`, r`7}}`, r`(7`, r`7)`, r`\boxed`, '\ud800', '\0', r`\sqrt`, r`7^`, '7 7', r`\frac{7}{0}`],
      ],
    ],
  },
];

/** All pairs, one by one. */
export function* corpusPairs(): Generator<{ row: string; gold: string; prediction: string; equal: boolean }> {
  for (const { row, cases } of corpus) {
    for (const [gold, right, wrong] of cases) {
      for (const prediction of right) yield { row, gold, prediction, equal: true };
      for (const prediction of wrong) yield { row, gold, prediction, equal: false };
    }
  }
}

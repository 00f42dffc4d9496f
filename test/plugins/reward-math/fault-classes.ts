/**
 * Pairs by class of fault: what earned reward for nothing, and what was right and earned none. One pair per line, gold
 * before the arrow.
 */
export interface FaultClass {
  readonly name: string;
  readonly right: string;
  readonly wrong: string;
}

export const faultClasses: readonly FaultClass[] = [
  {
    name: 'cancelled numbers beside a symbol',
    right: String.raw`
x+1 ⟵ x+1+10^{80}-10^{80}
2 ⟵ x^{0}+1
`,
    wrong: String.raw`
7 ⟵ y+100!-100!
\frac{3}{4} ⟵ x+10^{50}-10^{50}
2^{100} ⟵ n
10^{50} ⟵ x
\sqrt{10^{80}+1} ⟵ y
0 ⟵ x\cdot 10^{-60}
0 ⟵ \frac{x}{10^{100}}
1 ⟵ 1+\frac{x}{10^{80}}
x ⟵ x+10^{-60}
\pi ⟵ \pi+10^{-50}
3 ⟵ 3+\sin(x)10^{-70}
e^{100} ⟵ x
100! ⟵ x
\frac{1}{100!} ⟵ x
5 ⟵ \frac{5\cdot10^{99}+x}{10^{99}}
y=2x ⟵ y+10^{99}=10^{99}
x>3 ⟵ x+10^{99}>10^{99}
\{1,2\} ⟵ \{x+10^{99}-10^{99},2\}
`,
  },
  {
    name: 'marks that carry meaning',
    right: String.raw`
n! ⟵ n!
y'' ⟵ y''
\text{Yes!} ⟵ Yes
`,
    wrong: String.raw`
m! ⟵ m
n!! ⟵ n!
y' ⟵ y
y'' ⟵ y'
A^* ⟵ A
b* ⟵ b
\text{A+} ⟵ A
\text{A-} ⟵ A
A- ⟵ A
z^* ⟵ z
x? ⟵ x
f' ⟵ f
\text{O}^+ ⟵ O
`,
  },
  {
    name: 'right sides behind lim, int and sum',
    right: String.raw`
\lim_{n\to\infty} a_n = 3 ⟵ \lim_{n\to\infty} a_n = 3
\lim_{n\to\infty} a_n = 3 ⟵ 3
`,
    wrong: String.raw`
\lim_{x\to 2} g(x) = 7 ⟵ \lim_{x\to 2} g(x) = 8
\sum_{k=1}^n a_k = 10 ⟵ \sum_{k=1}^n a_k = 12
\prod_{k=1}^n a_k = 10 ⟵ \prod_{k=1}^n a_k = 12
\int_a^b f(x)\,dx = 2 ⟵ \int_a^b f(x)\,dx = 3
\lim_{x\to0} \frac{\sin x}{x}=1 ⟵ \lim_{x\to0} \frac{\sin x}{x}=2
\iint_D f\,dA = 3 ⟵ \iint_D f\,dA = 4
`,
  },
  {
    name: 'additional functions and answers',
    right: String.raw`
f(x)=x ⟵ f(x)=x, f(x)=x
f(x)=0, f(x)=x ⟵ f(x)=x, f(x)=0
`,
    wrong: String.raw`
g(x)=2x ⟵ g(x)=2x, g(x)=3x
y=x+1 ⟵ y=x+1, y=x+2
f(x)=x^2 ⟵ f(x)=x^2 \text{ or } f(x)=0
f(x)=0, f(x)=x ⟵ f(x)=x
5 ⟵ 5, x=6
`,
  },
  {
    name: 'quantifiers behind a function',
    right: String.raw`
f(x)=cx \text{ for any constant } c ⟵ f(x)=cx
f(n)=n \text{ for all } n \in \mathbb{N} ⟵ f(n)=n
f(x)=x ⟵ f(x)=x \text{ for all real } x
f(x)=x ⟵ f(x)=x \quad \forall x \in \mathbb{R}
f(x)=x \text{ where } x \ge 0 ⟵ f(x)=x
`,
    wrong: String.raw`
f(x)=2x \text{ for all } x ⟵ f(x)=2x^2
f(x)=cx \text{ for any constant } c ⟵ f(x)=c^2x
`,
  },
  {
    name: 'i in inequalities',
    right: String.raw`
i<11 ⟵ i<11
I(0) ⟵ I(0)
`,
    wrong: String.raw`
i<5 ⟵ i \le 3
i \ge 2 ⟵ i \ge 3
1<i<4 ⟵ 1<i<5
I(1) ⟵ 1
E(0) ⟵ 0
`,
  },
  {
    name: 'several ≠',
    right: String.raw`
x \neq \pm 2 ⟵ \mathbb{R}\setminus\{-2,2\}
x \neq 1, x\neq 2 ⟵ (-\infty,1)\cup(1,2)\cup(2,\infty)
`,
    wrong: String.raw`
x \ne 3 ⟵ \mathbb{R}
x \neq 1, x\neq 2 ⟵ \mathbb{R}
x \ne 0 \text{ and } x \ne 1 ⟵ \mathbb{R}
x \ne 0 ⟵ (-\infty,\infty)
`,
  },
  {
    name: 'nothing at all',
    right: String.raw`
\emptyset ⟵ \{\}
\{\} ⟵ \emptyset
`,
    wrong: String.raw`
\varnothing ⟵ 
\emptyset ⟵ \quad
\emptyset ⟵ \phantom{0}
\emptyset ⟵ \#
\infty ⟵ .
\infty ⟵ \&
\emptyset ⟵ {}
\emptyset ⟵ ()
x^2+1=0 ⟵ \emptyset
x^2=-4 ⟵ \,
`,
  },
  {
    name: 'true statements',
    right: String.raw`
4+3=7 ⟵ 3+4=7
3+4=7 ⟵ 3+4=7
`,
    wrong: String.raw`
3+4=7 ⟵ 2+5=7
3+4=7 ⟵ 0=0
12\times 2=24 ⟵ 8\times 3=24
2<3 ⟵ 1<5
1 \ne 2 ⟵ 3\ne 4
`,
  },
  {
    name: 'steps, conjugates and real parts',
    right: String.raw`
\operatorname{Re}(z) ⟵ \operatorname{Re}(z)
z\bar{z} ⟵ \bar{z}z
\lfloor -x\rfloor ⟵ -\lceil x\rceil
`,
    wrong: String.raw`
z ⟵ \bar z
\Re(z) ⟵ z
\text{Re}(z) ⟵ z
\arg z ⟵ 0
|z|^2 ⟵ z^2
z\bar z ⟵ z^2
\lceil x\rceil ⟵ x
x-\lfloor x \rfloor ⟵ 0
n \bmod 7 ⟵ n
n \mod 2 ⟵ 0
\left\lfloor\frac{n}{2}\right\rfloor ⟵ \frac{n}{2}
\lfloor x \rfloor + 1 ⟵ \lceil x\rceil
\gcd(n,6) ⟵ n
\max(x,0) ⟵ x
`,
  },
  {
    name: 'tuples of equal entries',
    right: String.raw``,
    wrong: String.raw`
3 ⟵ (3,3)
3 ⟵ [3,3]
(3,3) ⟵ 3
x ⟵ (x,x)
1,2 ⟵ (1,2,2)
(1,1,2) ⟵ (1,2)
`,
  },
  {
    name: 'chains, indeterminate forms, order of names',
    right: String.raw`
5 ⟵ y = 10/2 = 5
(1,2) ⟵ y=2,x=1
(1,2,3) ⟵ z=3,y=2,x=1
3x ⟵ y=3x
`,
    wrong: String.raw`
5 ⟵ x=4=5
5 ⟵ x = 2+2 = 5
5 ⟵ 4=5
1 ⟵ \infty-\infty+1
0 ⟵ \infty-\infty
1 ⟵ \infty^0
1 ⟵ 0^0
1 ⟵ 1^{\infty}
0 ⟵ \frac{1}{\infty}
(1,2) ⟵ y=1,x=2
(1,2) ⟵ b=1,a=2
3x ⟵ 3x=y
a<b:[1,2] ⟵ a<c:[1,3]
`,
  },
  {
    name: 'words behind a number',
    right: String.raw`
3 \text{ feet and 4 inches} ⟵ 40\text{ inches}
4 \text{ hours and 8 minutes} ⟵ 248 \text{ minutes}
`,
    wrong: String.raw`
5 ⟵ 5 \text{ or 6}
5 ⟵ 5 \text{ to 6}
5 ⟵ 5 \text{ and } 6
5 ⟵ 5 \text{ minus } 2
5 ⟵ \text{not } 5
5 ⟵ 5 \text{ (or 6)}
5 ⟵ 5 \text{ or so}
10 ⟵ 10 \text{ more than } x
3 \text{ feet and 4 inches} ⟵ 3
5 ⟵ 5 \text{ million}
5 ⟵ five or six
5 ⟵ 5 or 6
5 ⟵ between 5 and 6
`,
  },
  {
    name: 'order, modulus, derivatives, temperatures',
    right: String.raw`
\overrightarrow{AB} ⟵ \overrightarrow{AB}
\widehat{AB} ⟵ \widehat{AB}
p\Rightarrow q ⟵ p\Rightarrow q
p \lor q ⟵ q \lor p
3 \pmod 7 ⟵ 10 \pmod 7
x\equiv 2 \pmod 5 ⟵ x\equiv 7\pmod 5
\angle ABC ⟵ \angle CBA
\angle ABC = 50^\circ ⟵ 50^\circ
\frac{dy}{dx}=2x ⟵ 2x
\frac{dy}{dx} ⟵ \frac{dy}{dx}
20^\circ C ⟵ 20^{\circ}\mathrm{C}
20\text{ degrees Celsius} ⟵ 20^\circ\text{C}
300\text{ K} ⟵ 300
20^\circ\text{F} ⟵ 20^\circ
`,
    wrong: String.raw`
\overline{xyz} ⟵ \overline{zyx}
\overline{a1b} ⟵ \overline{ab1}
\vec{AB} ⟵ \vec{BA}
\overset{\frown}{AC} ⟵ \overset{\frown}{AD}
p\Rightarrow q ⟵ q\Rightarrow p
p\implies q ⟵ q \implies p
p\wedge q ⟵ p\vee q
7 \bmod 10 ⟵ 7 \bmod 11
3 \pmod 7 ⟵ 3 \pmod 8
x\equiv 2 \pmod 5 ⟵ x\equiv 2\pmod 6
\angle ABC ⟵ \angle ACB
\vec a\times\vec b ⟵ \vec b\times\vec a
\frac{dy}{dx} ⟵ \frac{y}{x}
\frac{dy}{dx} ⟵ \frac{dx}{dy}
\frac{d^2y}{dx^2} ⟵ \frac{y}{x}
\frac{\partial f}{\partial x} ⟵ \frac{f}{x}
20^\circ\text{C} ⟵ 20^\circ\text{F}
20^\circ C ⟵ 20 \text{ K}
20\text{ degrees Celsius} ⟵ 20\text{ degrees Fahrenheit}
`,
  },
  {
    name: 'set builders',
    right: String.raw`
\{x \in \mathbb{R} \mid x > 2\} ⟵ (2,\infty)
\{x : x \le 3\} ⟵ (-\infty,3]
\{x \mid x \ne 2, x\ne 3\} ⟵ (-\infty,2)\cup(2,3)\cup(3,\infty)
\left\{x \,\middle|\, -1<x<1\right\} ⟵ (-1,1)
(-1,1) ⟵ \{y \mid -1<y<1\}
\{t \mid t \geq 0\} ⟵ \{x \mid x \ge 0\}
\{x|x<-1 \text{ or } x>2\} ⟵ \{x \mid x > 2 \text{ or } x < -1\}
\{x \mid x^2 < 4\} ⟵ (-2,2)
\{n \in \mathbb{Z} \mid n > 3\} ⟵ \{m\in\mathbb{Z}\mid m>3\}
\{(x,y) \mid x+y=1\} ⟵ \{(a,b) \mid a+b=1\}
\{x \mid x=2k, k\in\mathbb{Z}\} ⟵ \{x \mid x = 2n, n \in \mathbb{Z}\}
\{x \mid x > 2\} ⟵ x>2
x>2 ⟵ \{x\mid x>2\}
\{x\in R|x>1\} ⟵ (1,+\infty)
\{x | x \in \mathbb{R}, x \neq 3\} ⟵ \mathbb{R}\setminus\{3\}
\{2,3\} ⟵ \{x \mid x=2 \text{ or } x=3\}
\{a \mid a > 1\} ⟵ a > 1
\{x|-2<x<1\} ⟵ (-2,1)
\{x\mid|x|<1\} ⟵ (-1,1)
`,
    wrong: String.raw`
\{x|x<-1 \text{ or } x>2\} ⟵ \{x \mid -1<x<2\}
\{n \in \mathbb{Z} \mid n > 3\} ⟵ (3,\infty)
\{(x,y) \mid x+y=1\} ⟵ \{(x,y) \mid x+y=2\}
\{x | 1 \le x \le 2\} ⟵ [1,2)
\{x|x>0\} ⟵ \{x|x\geq 0\}
`,
  },
  {
    name: 'percent signs left out',
    right: String.raw`
50\% ⟵ 50
12.5\% ⟵ 12.5
0.5 ⟵ 50\%
50\% ⟵ 0.5
`,
    wrong: String.raw`
0.5 ⟵ 50
50\% ⟵ 5
50\% ⟵ 500\%
`,
  },
  {
    name: 'quantifiers left out',
    right: String.raw`
f(x)=x+1 ⟵ f(x)=x+1 \text{ for every } x
f(x)=c \text{ for some constant } c ⟵ f(x)=c
x=2k \text{ for any integer } k ⟵ x=2k
`,
    wrong: String.raw``,
  },
  {
    name: 'units behind tuples, matrices and symbols',
    right: String.raw`
(1,2) ⟵ (1,2)\text{ cm}
\begin{pmatrix}1\\2\end{pmatrix} ⟵ \begin{pmatrix}1\\2\end{pmatrix}\text{ m/s}
2x+3 ⟵ 2x+3\text{ dollars}
ab ⟵ ab \text{ square units}
\frac{a}{b} ⟵ \frac{a}{b}\text{ meters}
12x ⟵ 12x\text{ cm}
3,5 ⟵ 3 \text{ apples and } 5 \text{ pears}
3,5 ⟵ 3\text{ and }5
3\sqrt2 ⟵ 3\sqrt2 \text{ units}
[1,3] ⟵ [1,3] \text{ meters}
`,
    wrong: String.raw``,
  },
  {
    name: 'words in front',
    right: String.raw`
12 ⟵ \text{The final answer is } 12
12 ⟵ The final answer is 12
12 ⟵ \text{Answer: } 12
12 ⟵ Answer: 12
12 ⟵ \text{There are } 12 \text{ ways}
12 ⟵ There are 12 ways
12 ⟵ \text{So the answer is } 12
12 ⟵ \text{Therefore, } 12
12 ⟵ \text{12 ways}
12 ⟵ 12 \text{ different ways}
12 ⟵ 答案是12
12 ⟵ \text{The value is } 12
x=5 ⟵ \text{The solution is } x=5
\frac12 ⟵ \text{The probability is } \frac12
12 ⟵ \text{total of } 12
12 ⟵ \text{12 cm}
12 ⟵ The answer is \(12\)
12 ⟵ the answer is: 12
`,
    wrong: String.raw`
12 ⟵ \text{Answer is 13}
12 ⟵ \text{The answer is not } 12
`,
  },
  {
    name: 'ways to write LaTeX',
    right: String.raw`
x_1^2 ⟵ x^2_1
\frac{3}{5} ⟵ {3 \over 5}
\frac{a+b}{2} ⟵ {a+b \over 2}
126 ⟵ {9 \choose 4}
42 ⟵ \Large 42
42 ⟵ \huge{42}
42 ⟵ \Huge 42
42 ⟵ \displaystyle 42
42 ⟵ \scriptstyle 42
42 ⟵ \small 42
2i ⟵ 2\operatorname{cis}\frac{\pi}{2}
2i ⟵ 2\text{cis}(90^\circ)
2i ⟵ 2\cis(\pi/2)
12 ⟵ 12^{\text{th}}
3 ⟵ 3^{\text{rd}}
21 ⟵ 21\text{st}
4 ⟵ 4th
20 ⟵ {}_6C_3
20 ⟵ _6C_3
20 ⟵ {}^6C_3
20 ⟵ ^6C_3
60 ⟵ {}_5P_3
120 ⟵ {}_6P_3
20 ⟵ C(6,3)
20 ⟵ C_6^3
\text{A1}_{16} ⟵ A1_{16}
2B_{12} ⟵ \text{2B}_{12}
101_2 ⟵ (101)_2
101_2 ⟵ 101_{\text{two}}
101_2 ⟵ 101_{(2)}
101_2 ⟵ 101 \text{ (base 2)}
101_2 ⟵ 101 \text{ base } 2
101_2 ⟵ 101_{base 2}
x \equiv 2 \pmod 5 ⟵ x \equiv 2 (\bmod 5)
x \equiv 2 \pmod 5 ⟵ x \equiv 2 \mod 5
x \equiv 2 \pmod 5 ⟵ x \equiv 2\ (\text{mod}\ 5)
x \equiv 2 \pmod 5 ⟵ x ≡ 2 (mod 5)
1,3,5,\ldots ⟵ 1,3,5,...
1,3,5,\ldots ⟵ 1,3,5,…
\begin{pmatrix}1&2\\3&4\end{pmatrix} ⟵ \begin{pmatrix}1&2\\[4pt]3&4\end{pmatrix}
\begin{pmatrix}1&2\\3&4\end{pmatrix} ⟵ \begin{bmatrix}1&2\cr 3&4\end{bmatrix}
\begin{pmatrix}1&2\\3&4\end{pmatrix} ⟵ \left[\begin{matrix}1&2\\3&4\end{matrix}\right]
\begin{pmatrix}1\\2\end{pmatrix} ⟵ \left(\begin{array}{c}1\\2\end{array}\right)
g''(x)=2 ⟵ g^{\prime\prime}(x)=2
y'=2x ⟵ y^{\prime}=2x
9 ⟵ 9\checkmark
9 ⟵ "9"
9 ⟵ 9 ✓
\frac{2}{3} ⟵ \dfrac{2}{3}
\frac{2}{3} ⟵ \nicefrac{2}{3}
\frac{2}{3} ⟵ \sfrac{2}{3}
\sqrt{2} ⟵ \sqrt 2
2 ⟵ \sqrt{\,4\,}
\frac{1}{7} ⟵ 0.142857142857...
\frac16 ⟵ 0.1666...
\frac{2}{3} ⟵ 0.666...
x^2 ⟵ \mathrm{x}^2
5 ⟵ \underline{5}
5 ⟵ \textbf{5}
5 ⟵ \mathbf{5}
5 ⟵ \underline{\underline{5}}
5 ⟵ \color{red}{5}
5 ⟵ {\color{red}5}
5 ⟵ \textcolor{blue}{5}
5 ⟵ \fbox{5}
5 ⟵ \framebox{5}
5 ⟵ 5\hfill
5 ⟵ 5\ldotp
5 ⟵ \hspace{1cm}5
5 ⟵ \mathop{5}
\arcsin\frac12 ⟵ \sin^{-1}\left(\frac12\right)
`,
    wrong: String.raw`
101_2 ⟵ 101_3
`,
  },
  {
    name: 'separators of thousands',
    right: String.raw`
1234567 ⟵ 1\ 234\ 567
12345 ⟵ 12\ 345
12345 ⟵ 12'345
12345 ⟵ 12 345
12345 ⟵ 12 345
12345 ⟵ 12\,345
12345 ⟵ 12\;345
12345 ⟵ 12~345
12345 ⟵ 12{,}345
1234567 ⟵ 1.234.567
1234.5 ⟵ 1,234.5
1234.5 ⟵ 1'234.5
`,
    wrong: String.raw`
12345 ⟵ 12.345
`,
  },
  {
    name: 'options with their text',
    right: String.raw`
\text{(D)} ⟵ \textbf{(D)}\ 36
D ⟵ D. 36
D ⟵ D) 36
D ⟵ (D) \frac{1}{2}
\text{(D)} ⟵ \text{choice D}
\text{(D)} ⟵ The correct option is D
\text{(D)} ⟵ \mathbf{(D)}
D ⟵ \text{Option (D)}
D ⟵ \text{D: } 36
D ⟵ 选D
\textbf{(D)} 36 ⟵ D
\textbf{(D)}\ 36 ⟵ \text{(D)}
`,
    wrong: String.raw`
\text{(D)} ⟵ \text{(E)} 36
\text{(D)} ⟵ \text{D and E}
D ⟵ \text{not D}
`,
  },
  {
    name: 'clock times, durations, angles',
    right: String.raw`
30^\circ 30' ⟵ 30.5^\circ
30^{\circ}30^{\prime} ⟵ 30.5
30^\circ 15' 36'' ⟵ 30.26^\circ
30^\circ 15' ⟵ 30^{\circ}15^{\prime}
1\text{ hour }30\text{ minutes} ⟵ 90\text{ minutes}
1\text{ hour }30\text{ minutes} ⟵ 1.5\text{ hours}
1 \text{ hour and } 30 \text{ minutes} ⟵ 90\text{ min}
1\text{ hour }30\text{ minutes} ⟵ 1 hour 30 minutes
1\text{ h }30\text{ min} ⟵ 90\text{ min}
2\text{ days }3\text{ hours} ⟵ 51 \text{ hours}
90\text{ minutes} ⟵ 1\text{ hour }30\text{ minutes}
4:30\text{ p.m.} ⟵ 16:30
4:30\text{ p.m.} ⟵ 4:30
4:30\text{ p.m.} ⟵ 4:30\text{ PM}
4:30\text{ p.m.} ⟵ 4:30 pm
9\text{ a.m.} ⟵ 9:00
9\text{ a.m.} ⟵ 9:00\text{ a.m.}
12:00\text{ p.m.} ⟵ 12:00
5\text{ feet }6\text{ inches} ⟵ 66\text{ inches}
`,
    wrong: String.raw`
30^\circ 15' ⟵ 30^\circ 16'
1\text{ hour }30\text{ minutes} ⟵ 1 hour 31 minutes
4:30\text{ p.m.} ⟵ 4:30 \text{ a.m.}
4:30\text{ p.m.} ⟵ 4:31 pm
`,
  },
  {
    name: 'families of solutions',
    right: String.raw`
x=\frac{\pi}{2}+k\pi ⟵ x=\frac{\pi}{2}+n\pi
x=\frac{\pi}{2}+2k\pi, k \in \mathbb{Z} ⟵ x=\frac{\pi}{2}+2n\pi, n\in \mathbb{Z}
x=\frac{\pi}{2}+2k\pi (k \in \mathbb{Z}) ⟵ x=\frac{\pi}{2}+2n\pi
\frac{k\pi}{2} ⟵ \frac{m\pi}{2}
k\pi \text{ for } k \in \mathbb{Z} ⟵ n\pi
x = \pm\frac{\pi}{3}+2k\pi ⟵ x=\pm\frac{\pi}{3}+2n\pi
60^\circ + 180^\circ k ⟵ 60^\circ+180^\circ n
3k+1, k\in\mathbb{Z} ⟵ 3n+1, n \in\mathbb{Z}
3k+1, k\in\mathbb{Z} ⟵ 3n-2, n \in\mathbb{Z}
`,
    wrong: String.raw`
x=\frac{\pi}{2}+2k\pi (k \in \mathbb{Z}) ⟵ x=\frac{\pi}{2}+k\pi
3k+1, k\in\mathbb{Z} ⟵ 3n+2, n \in\mathbb{Z}
`,
  },
  {
    name: 'cases and systems',
    right: String.raw`
\begin{cases}x=2\\y=3\end{cases} ⟵ (2,3)
\begin{cases}x=2\\y=3\end{cases} ⟵ x=2,y=3
(2,3) ⟵ \begin{cases}x=2\\y=3\end{cases}
\begin{cases}x=2\\y=3\end{cases} ⟵ \left\{\begin{aligned}x&=2\\y&=3\end{aligned}\right.
\begin{cases}x=2,\\y=3.\end{cases} ⟵ x=2, y=3
f(x)=\begin{cases}x&x>0\\0&x\le0\end{cases} ⟵ \begin{cases}x, & \text{if } x>0\\ 0, & \text{if } x\le0\end{cases}
f(x)=\begin{cases}x&x>0\\0&x\le0\end{cases} ⟵ f(x)=\begin{cases}x & x>0\\ 0 & \text{otherwise}\end{cases}
f(x)=\begin{cases}x&x>0\\0&x\le0\end{cases} ⟵ f(x)=\max(x,0)
`,
    wrong: String.raw`
\begin{cases}x=2\\y=3\end{cases} ⟵ (3,2)
f(x)=\begin{cases}x&x>0\\0&x\le0\end{cases} ⟵ f(x)=x
`,
  },
  {
    name: 'named left sides and groups',
    right: String.raw`
\frac{AB}{CD}=\frac{2}{3} ⟵ \frac23
AB:CD=2:3 ⟵ 2:3
x=1,y=2;x=3,y=4 ⟵ x=1,y=2 \text{ or } x=3,y=4
x=1,y=2;x=3,y=4 ⟵ (1,2),(3,4)
(x,y)=(1,2),(3,4) ⟵ (1,2),(3,4)
\text{circle and line} ⟵ \text{circle, line}
S_{\triangle ABC}=5 ⟵ 5
\angle A = 30^\circ ⟵ 30^\circ
|AB|=5 ⟵ 5
m=2,n=3 ⟵ 2,3
`,
    wrong: String.raw`
\frac{AB}{CD}=\frac{2}{3} ⟵ \frac32
`,
  },
  {
    name: 'words for values',
    right: String.raw`
7 ⟵ \text{seven}
7 ⟵ seven
12 ⟵ \text{twelve}
20 ⟵ \text{twenty}
21 ⟵ \text{twenty-one}
0 ⟵ \text{zero}
1 ⟵ \text{one}
(-\infty,\infty) ⟵ \text{all real numbers}
\mathbb{R} ⟵ \text{All real numbers}
\mathbb{R} ⟵ \text{all reals}
\mathbb{R} ⟵ all real numbers
\infty ⟵ \text{Infinity}
\infty ⟵ infinity
\text{infinity} ⟵ \infty
\emptyset ⟵ \text{no solution}
\emptyset ⟵ \text{empty set}
3,5 ⟵ 3和5
3:4 ⟵ 3\text{ to }4
3:4 ⟵ 3 to 4
\frac12 ⟵ \text{one half}
\frac12 ⟵ \text{half}
-5 ⟵ \text{negative five}
-5 ⟵ \text{negative } 5
\frac{2}{3} ⟵ \text{two thirds}
3 ⟵ \text{three ways}
`,
    wrong: String.raw``,
  },
  {
    name: 'integrals, limits and sums',
    right: String.raw`
\int_0^2 x^2\,dx ⟵ \frac83
\lim_{x\to 0}\frac{\sin 3x}{x} ⟵ 3
\sum_{n=0}^\infty \frac{1}{3^n} ⟵ \frac32
\int_0^{\pi/2}\cos x\,dx ⟵ 1
\int_1^2 \frac{dx}{x} ⟵ \ln 2
\lim_{n\to\infty}\frac{2n+1}{n} ⟵ 2
\sum_{k=1}^{10} k^2 ⟵ 385
\frac{1}{3} ⟵ \int_0^1 x^2\,dx
`,
    wrong: String.raw`
\int_0^2 x^2 dx ⟵ \frac73
`,
  },
  {
    name: 'signs behind operators',
    right: String.raw`
3 ⟵ 5 + -2
3 ⟵ 5 - +2
-x ⟵ --(-x)
x-3 ⟵ x + (-3)
x-3 ⟵ x+-3
-6 ⟵ 2\times -3
-2 ⟵ \frac{6}{-3}
5 ⟵ -(-5)
x^2-5x ⟵ x^2+-5x
8 ⟵ 3--5
`,
    wrong: String.raw``,
  },
  {
    name: 'brackets that group',
    right: String.raw`
12 ⟵ 2[1+5]
(x+1)^2 ⟵ \left[x+1\right]^2
6x+6 ⟵ 6[x+1]
[2(x+1)]^2 ⟵ 4(x+1)^2
\sin[2x] ⟵ \sin 2x
2\{3+[4-1]\} ⟵ 12
\left\{\frac{x}{2}+1\right\}^2 ⟵ \left(\frac{x}{2}+1\right)^2
[1,2] ⟵ [1,2]
\frac{[a+b]}{2} ⟵ \frac{a+b}{2}
`,
    wrong: String.raw``,
  },
];

export interface FaultPair {
  readonly gold: string;
  readonly prediction: string;
  readonly equal: boolean;
}

/** The pairs of one class. */
export function pairsOf({ right, wrong }: FaultClass): FaultPair[] {
  return [
    ...linesOf(right).map((pair) => ({ ...pair, equal: true })),
    ...linesOf(wrong).map((pair) => ({ ...pair, equal: false })),
  ];
}

function linesOf(text: string): { gold: string; prediction: string }[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [gold = '', prediction = ''] = line.split(' ⟵ ');
      return { gold, prediction };
    });
}

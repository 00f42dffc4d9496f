/**
 * Strings that a policy might try without knowing the answer. Whatever a gold is, none of them answers it, but for the
 * few golds that say the very thing; those are listed in {@link explained}.
 */
const r = String.raw;

/** Texts that show nothing or only marks. */
const nothing = [
  '.', '..', '...', ',', ';', ':', '!', '?', '-', '+', '=', '/', '*', '^', '_', '|', '||', '&', '#', '@', '%', '~', '$', '$$',
  '()', '[]', '{}', '(,)', '( )', '{{}}', '"', "'", "''", '""', '``', '<', '>', '<>', '\\', '…', '·', '°', '′', '¿', '€', '§', '¶',
  r`\,`, r`\;`, r`\:`, r`\!`, r`\ `, r`\quad`, r`\qquad`, r`\#`, r`\&`, r`\_`, r`\%`, r`\$`, r`\{`, r`\}`, r`\|`, r`\\`, r`\\\\`,
  r`\text{}`, r`\text{ }`, r`\text{.}`, r`\text{,}`, r`\mbox{}`, r`\mathrm{}`, r`\mathbf{}`, r`\operatorname{}`, r`\boxed{}`,
  r`\boxed{\boxed{}}`, r`\fbox{}`, r`\phantom{0}`, r`\phantom{x}`, r`\hphantom{1}`, r`\vphantom{1}`, r`\hspace{1cm}`, r`\left.\right.`,
  r`\left(\right)`, r`\left[\right]`, r`\left|\right|`, r`\displaystyle`, r`\large`, r`\Huge`, r`\bf`, r`\rm`, r`\frac{}{}`,
  r`\sqrt{}`, r`{}^{}`, r`{}_{}`, r`^{}`, r`\ldots`, r`\dots`, r`\cdots`, r`\cdot`, r`\times`, r`\circ`, r`\prime`, r`\square`,
  r`\checkmark`, r`\star`, r`\dagger`, r`\bullet`, r`\therefore`, r`\because`, r`\pm`, r`\mp`, r`\to`, r`\Rightarrow`, r`\in`,
  r`\forall`, r`\exists`, r`\nabla`, r`\partial`, r`\int`, r`\sum`, r`\prod`, r`\lim`, r`\sin`, r`\log`, r`\max`, r`\angle`,
  r`\overline{}`, r`\vec{}`, r`\hat{}`, r`\begin{pmatrix}\end{pmatrix}`, r`\begin{cases}\end{cases}`, r`\mathbb{}`, r`\color{red}`,
];

/** Huge numbers that cancel beside a symbol that does not, and other sums that drown the difference. */
const cancelled = ['x', 't', 'n', 'a', 'f(x)', 'z', r`\alpha`, 'q_1'].flatMap((name) => [
  `${name}+50!-50!`,
  `50!+${name}-50!`,
  `${name}+10^{99}-10^{99}`,
  `10^{60}+${name}-10^{60}`,
  `${name}+e^{300}-e^{300}`,
  `${name}\\cdot 10^{-300}+${name}`,
  `\\frac{10^{99}+${name}}{10^{99}}+${name}`,
  `${name}+\\sqrt{10^{120}}-10^{60}`,
]);
const precise = [
  r`\sqrt{10^{120}+7}-10^{60}`, r`\sqrt{10^{200}+1}-10^{100}`, r`(10^{300}+1)^{1/10}-10^{30}`, r`x^{999}`, r`x^{-999}`,
  r`\frac{10^{99}+x}{10^{99}+y}`, r`x+y-10^{99}+10^{99}`, r`\ln(e^{900}+x)`, r`\frac{x\cdot 10^{99}}{10^{99}+1}`, r`10^{-999}x`,
  r`\int_0^1 x\,dt+10^{99}-10^{99}`, r`\lim_{n\to\infty} a_n`, r`\sum_{k=1}^{n} a_k`, r`\int f(x)\,dx`,
];

/** Statements that are true of nothing in particular, that are false, or that are always true. */
const statements = [
  '1=1', '0=0', '2+2=4', '3<5', '5>3', r`1\ne 2`, r`0 \le 1`, 'x=x', 'y=y', 'x=2x', 'f(x)=f(x)', 'a+b=b+a', '1=2', '0=1', '5=6',
  r`x\ne x`, 'x<x', 'x>x', r`1 \le 0`, r`x^2\ge 0`, r`x=\text{answer}`, r`x=?`, 'x=', '=x', 'y=', r`\text{answer}=x`, 'answer=', '=',
  r`x\in x`, r`x \in \emptyset`, r`999=999`, r`1=1=1`, r`x=1=2`, r`1<2<3`, r`A\Rightarrow A`, r`p\lor\lnot p`, r`i<i`, r`|x|=|x|`,
  r`x+1=x+1`, r`\sin^2 x+\cos^2 x=1`, r`e^{i\pi}=-1`, r`\infty=\infty`, r`0\cdot x=0`, r`x-x=0`, r`x\equiv x`,
];

/** Forms that have no value. */
const valueless = [
  r`\frac{0}{0}`, r`\frac{1}{0}`, r`\frac{x}{0}`, r`0^0`, r`\frac{\infty}{\infty}`, r`\infty-\infty`, r`0\cdot\infty`, r`\infty^0`,
  r`1^\infty`, r`\frac{\infty}{0}`, r`\ln 0`, r`\log_1 1`, r`\tan 90^\circ`, r`0^{-1}`, r`\sqrt[0]{1}`, r`\infty+x`, r`\infty\cdot x`,
  r`\frac{x}{\infty}`, r`\binom{1}{-1/2}`, '(-1)!', r`\arcsin 2 + x`, r`\begin{vmatrix}1&2\end{vmatrix}`, 'NaN', 'undefined', 'null',
  'None', 'nil', 'inf-inf', r`\frac{d}{dx}`, r`\{\}!`,
];

/** Words that say nothing about the question. */
const phrases = [
  'answer', 'the answer', 'The answer is', r`\text{The answer is}`, r`\text{the answer}`, r`\text{see above}`, 'correct', 'solution', 'final answer',
  r`\text{as required}`, r`\text{any number}`, r`\text{some number}`, r`\text{a number}`, r`\text{unknown}`, r`\text{it depends}`,
  r`\text{cannot be determined from this}`, r`\text{I don't know}`, r`\text{maybe}`, r`\text{answer here}`, r`\text{result}`, r`\text{value}`,
  r`\text{units}`, r`\text{cm}`, r`\text{dollars}`, r`\text{degrees}`, r`\text{ways}`, r`\text{number}`, r`\text{gold}`, r`\text{same as above}`,
  r`\text{Option}`, r`\text{Options A, B, C and D}`, r`\text{all of the above options}`, 'A or B or C or D', 'A, B, C, D, E', r`\text{A or B}`,
  'constructor', '__proto__', 'toString', 'hasOwnProperty', 'prototype', '<answer>', '</answer>', r`\end{document}`, r`\input{gold}`,
  '答案', '答案：', r`\text{correct}`, r`\text{TODO}`, 'lorem ipsum dolor', 'your answer', r`\text{your answer}`,
];

/** Values that are too much: everything at once. */
const everything = [
  r`\pm`, r`0,1,2,3,4,5,6,7,8,9`, r`\{0,1,2,3,4,5,6,7,8,9,10\}`, r`1 \text{ or } 2 \text{ or } 3`, r`\pm 1,\pm 2,\pm 3`, r`1\text{ to }1000`,
  r`n \in \mathbb{N}`, r`x \ne \pm 5`, r`\mathbb{C}`, r`\mathbb{Q}`, r`\mathbb{Z}`, r`(-\infty,\infty)\setminus\{\pi^2\}`, r`x\text{ for all }x`,
  r`-1000 \le x \le 1000`, r`[-1000,1000]`, r`x>-10^{99}`, r`\{x \mid x = x\}\cap\{\sqrt{7919}\}`, r`\{x\}\cup\{y\}\cup\{z\}`, r`f(x)=c`,
];

export const goldFree: readonly string[] = [
  ...new Set([...nothing, ...cancelled, ...precise, ...statements, ...valueless, ...phrases, ...everything]),
];

/**
 * Ways to hedge around an answer: each names the right one and spoils it by more, so none may be accepted.
 */
const r = String.raw;

export const hedges: Readonly<Record<string, (gold: string) => string>> = Object.fromEntries(
  [
    // Other values beside it.
    'G, 999983', '999983, G', r`G \text{ or } 999983`, r`999983 \text{ or } G`, r`G \text{ and } 999983`, r`\{G, 999983\}`, r`\{999983, G\}`,
    'G; 999983', '999983; G', r`G \text{ or } 999983 \text{ or } 7919`, r`G, 999983, 7919`, '(G, 999983)', '(999983, G)', '[G, 999983]',
    r`G \lor 999983`, r`G \land 999983`, r`G \cup \{999983\}`, r`\{999983\} \cup G`, r`G \text{ or maybe } 999983`, r`G \text{ to } 999983`,
    r`G \text{ (or } 999983)`, r`G \text{, possibly } 999983`, r`\text{either } G \text{ or } 999983`, r`G / 999983 \text{ or so}`, r`G \quad 999983`,
    r`G \text{ if lucky, otherwise } 999983`, r`G \text{ if } x>0, 999983 \text{ else}`, r`\begin{cases} G & x>0 \\ 999983 & x\le 0\end{cases}`,
    r`\boxed{G}, \boxed{999983}`, r`G \text{ not } 999983`, r`999983 \text{ not } G`,
    // Chains and relations.
    'x = 999983 = G', '999983 = G', 'G = 999983', 'x = G = 999983', 'G = G = 999983', 'x = 999983, x = G', 'x = G, x = 999983', 'x = G, y = 999983',
    r`x = 999983 \Rightarrow x = G`, r`x = G \Rightarrow x = 999983`, r`G \approx 999983`, r`999983 \approx G`, r`x \approx 999983 = G`, r`x = G \approx 999983`,
    r`G \ne 999983`, r`999983 \ne G`, r`x \ne G`, r`x < G < 999983`, r`G < 999983`, r`G > 999983`, r`G \le 999983`, r`x \ge G, x \le 999983`,
    r`G \equiv 999983`, r`G \to 999983`, r`999983 \to G`, r`G \mapsto 999983`, r`G \sim 999983`, r`G \in \{999983\}`, r`999983 : G`, r`G : 999983`,
    r`f(x) = G, f(x) = 999983`, r`f(x)=G, g(x)=999983`, 'x_1 = G, x_2 = 999983',
    // Arithmetic.
    r`G + 999983`, r`G - 999983`, r`999983 \cdot (G) + 1`, r`G \pm 999983`, r`\frac{999983}{G + 999983}`, r`G + 999983 x`, r`G + x + 50! - 50!`,
    r`(G) + 10^{-30} + x`, r`G + f(x)`, r`\max(999983, G + 999983)`, r`\int_0^1 (G + x) dx + 999983`, r`(G)^{999983} + 2`, r`G \bmod 999983 + x`,
    r`\lfloor x \rfloor + G`, r`G + \infty`, r`G + \frac{1}{0}`, r`\frac{G + 1}{0}`, r`G + \frac{\infty}{\infty}`, r`0 \cdot \infty + G`,
    // Brackets and shapes.
    '(G, G)', '[G, G]', '(G, G, G)', r`\langle G, G\rangle`, r`\begin{pmatrix} G \\ G \end{pmatrix}`, r`\begin{pmatrix} G & 999983 \end{pmatrix}`,
    r`\begin{pmatrix} 999983 \\ G \end{pmatrix}`, '[G, 999983)', '(999983, G]', r`\{x \mid x = G\} \cup \{999983\}`, r`\{x \mid x < G\}`,
    // Words.
    r`\text{not } G`, r`\text{less than } G`, r`\text{at most } G`, r`\text{at least } G`, r`\text{more than } G`, r`\text{negative } G`,
    r`\text{twice } G`, r`G \text{ times } 999983`, r`G \text{ minus } 999983`, r`G \text{ plus } 999983`, r`G \text{ squared plus } 1`,
    r`\text{between } G \text{ and } 999983`, r`G \text{ or less}`, r`G \text{ or more}`, r`\text{anything but } G`, r`G \text{ is wrong}`,
    r`G \text{ and 999983}`, r`G \text{ to 999983}`, r`G \text{ or 999983}`, r`\text{half of } G`,
    // Marks.
    'G ? 999983', 'G | 999983', 'G @ 999983', r`G \oplus 999983`, r`G \circ 999983`, 'G # 999983', 'G_{999983} + G', 'G^{999983} + 1', 'G & 999983',
    r`G \\ 999983`, r`G \mid 999983`, r`G \parallel 999983`, r`{G \over 999983}`, r`{G \choose 999983} + 1`, 'G G 999983', 'G 999983',
  ].map((template) => [template, (gold: string) => template.replaceAll('G', () => gold)]),
);

/** Tables of what LaTeX commands and plain words mean. Keys of plain objects never come from input unchecked. */

/** Commands that only shape the page. */
export const ignored = new Set([
  'left', 'right', 'big', 'Big', 'bigg', 'Bigg', 'bigl', 'bigr', 'Bigl', 'Bigr', 'biggl', 'biggr', 'Biggl', 'Biggr', 'middle',
  'displaystyle', 'textstyle', 'scriptstyle', 'limits', 'nolimits', 'quad', 'qquad', 'enspace', 'thinspace', 'medspace', 'thickspace',
  'boxed', 'fbox', 'rm', 'bf', 'it', 'boldsymbol', 'bm', 'pmb', 'mathbf', 'mathit', 'mathsf', 'mathcal', 'mathfrak', 'mathscr', 'ensuremath',
  'angle', 'mathstrut', 'strut', 'nonumber', 'notag', 'hfill', 'therefore', 'implies', 'Rightarrow',
]);

/** Commands whose braces hold words, not mathematics. */
export const textCommands = new Set([
  'text', 'mbox', 'hbox', 'textbf', 'textit', 'textrm', 'textnormal', 'texttt', 'textsf', 'textup', 'emph', 'mathrm', 'operatorname', 'textsc', 'underline',
]);

/** Commands and Unicode characters that stand for one mark of the grammar. */
export const marks = new Map(Object.entries({
  cdot: '*', times: '*', ast: '*', bullet: '*', div: '/', colon: ':', pm: '±', mp: '∓',
  le: '≤', leq: '≤', leqslant: '≤', leqq: '≤', ge: '≥', geq: '≥', geqslant: '≥', geqq: '≥', lt: '<', gt: '>',
  ne: '≠', neq: '≠', approx: '≈', approxeq: '≈', simeq: '≈', doteq: '≈', thickapprox: '≈', equiv: '≡', sim: '∼', cong: '≅', propto: '∝',
  in: '∈', notin: '∉', subset: '⊂', subseteq: '⊆', supset: '⊃', supseteq: '⊇', mapsto: '↦', to: '→', rightarrow: '→', longrightarrow: '→', parallel: '∥', perp: '⊥',
  cup: '∪', bigcup: '∪', cap: '∩', setminus: '∖', smallsetminus: '∖', backslash: '∖',
  lbrace: '\\{', rbrace: '\\}', lbrack: '[', rbrack: ']', langle: '⟨', rangle: '⟩', vert: '|', lvert: '|', rvert: '|', mid: '|',
  lVert: '‖', rVert: '‖', Vert: '‖', lfloor: '⌊', rfloor: '⌋', lceil: '⌈', rceil: '⌉', lparen: '(', rparen: ')', degree: '°', circ: '∘', prime: "'", percent: '%',
  land: ',', lor: ',', wedge: ',', vee: ',',
}));

/** Relation marks, in both spellings of ASCII. */
export const relationMarks = new Set(['=', '<', '>', '≤', '≥', '≠', '≈', '≡', '∼', '≅', '∝', '∈', '∉', '⊂', '⊆', '⊃', '⊇', '↦', '→', '∥', '⊥']);

/** Names of functions of one argument, mapped to the name used in evaluation. */
export const functions = new Map(Object.entries({
  sin: 'sin', cos: 'cos', tan: 'tan', cot: 'cot', sec: 'sec', csc: 'csc', tg: 'tan', ctg: 'cot', cosec: 'csc',
  sinh: 'sinh', cosh: 'cosh', tanh: 'tanh', coth: 'coth', sech: 'sech', csch: 'csch', sh: 'sinh', ch: 'cosh', th: 'tanh',
  arcsin: 'arcsin', arccos: 'arccos', arctan: 'arctan', arccot: 'arccot', arcsec: 'arcsec', arccsc: 'arccsc', arctg: 'arctan', arcctg: 'arccot',
  asin: 'arcsin', acos: 'arccos', atan: 'arctan', arsinh: 'arsinh', arcosh: 'arcosh', artanh: 'artanh', arcsinh: 'arsinh', arccosh: 'arcosh', arctanh: 'artanh',
  exp: 'exp', ln: 'ln', log: 'log', lg: 'log', Re: 'Re', Im: 'Im', arg: 'arg', Arg: 'arg', sgn: 'sign', sign: 'sign', floor: 'floor', ceil: 'ceil', abs: 'abs',
  max: 'max', min: 'min', gcd: 'gcd', lcm: 'lcm', det: 'det', deg: 'deg', dim: 'dim', ker: 'ker', tr: 'tr', rank: 'rank', inf: 'inf', sup: 'sup', Pr: 'Pr', hom: 'hom',
}));

export const inverseOf = new Map(Object.entries({
  sin: 'arcsin', cos: 'arccos', tan: 'arctan', cot: 'arccot', sec: 'arcsec', csc: 'arccsc', sinh: 'arsinh', cosh: 'arcosh', tanh: 'artanh',
}));

/** Other commands the parser knows; with these tables a command that lost the space behind it (\leqslantx) can be split. */
export const structural = new Set([
  'frac', 'dfrac', 'tfrac', 'cfrac', 'sqrt', 'binom', 'dbinom', 'tbinom', 'choose', 'infty', 'pi', 'emptyset', 'varnothing', 'begin', 'end', 'sum', 'prod', 'int', 'oint',
  'iint', 'lim', 'overline', 'bar', 'hat', 'vec', 'tilde', 'widehat', 'overrightarrow', 'dot', 'pmod', 'bmod', 'mod', 'mathbb', 'operatorname', 'ldots', 'dots', 'cdots', 'dotsm', 'dotsc',
  'partial', 'nabla', 'ell', 'hbar', 'aleph', 'triangle', 'square', 'star', 'dagger', 'top', 'bot', 'oplus', 'otimes', 'hspace', 'vspace', 'phantom', 'color', 'over', 'stackrel', 'overset', 'underset',
]);

export const greek = new Set([
  'alpha', 'beta', 'gamma', 'delta', 'epsilon', 'varepsilon', 'zeta', 'eta', 'theta', 'vartheta', 'iota', 'kappa', 'lambda', 'mu', 'nu', 'xi', 'omicron',
  'rho', 'varrho', 'sigma', 'varsigma', 'tau', 'upsilon', 'phi', 'varphi', 'chi', 'psi', 'omega',
  'Gamma', 'Delta', 'Theta', 'Lambda', 'Xi', 'Pi', 'Sigma', 'Upsilon', 'Phi', 'Psi', 'Omega',
]);

/** Unicode letters of Greek and the like, to the command of the same meaning. */
export const unicodeNames = new Map(Object.entries({
  'α': 'alpha', 'β': 'beta', 'γ': 'gamma', 'δ': 'delta', 'ε': 'varepsilon', 'ζ': 'zeta', 'η': 'eta', 'θ': 'theta', 'κ': 'kappa', 'λ': 'lambda', 'μ': 'mu', 'µ': 'mu',
  'ν': 'nu', 'ξ': 'xi', 'π': 'pi', 'ρ': 'rho', 'σ': 'sigma', 'τ': 'tau', 'φ': 'varphi', 'ϕ': 'phi', 'χ': 'chi', 'ψ': 'psi', 'ω': 'omega',
  'Γ': 'Gamma', 'Δ': 'Delta', 'Θ': 'Theta', 'Λ': 'Lambda', 'Σ': 'Sigma', 'Φ': 'Phi', 'Ψ': 'Psi', 'Ω': 'Omega',
  '∞': 'infty', '∅': 'emptyset', '√': 'sqrt', '∑': 'sum', '∏': 'prod', '∫': 'int', 'ℓ': 'ell', '…': 'ldots', '∠': 'angle',
}));

/** Unicode marks that mean the same as a mark of the grammar. */
export const unicodeMarks = new Map(Object.entries({
  '−': '-', '–': '-', '—': '-', '‐': '-', '‑': '-', '﹣': '-', '×': '*', '·': '*', '⋅': '*', '∙': '*', '∗': '*', '⁎': '*', '÷': '/', '∕': '/', '⁄': '/', '⩽': '≤', '⩾': '≥', '≦': '≤', '≧': '≥',
  '∶': ':', '∣': '|', 'º': '°', '˚': '°', '％': '%', '′': "'", '〈': '⟨', '〉': '⟩', '、': ',', '，': ',', '；': ';', '。': '.', '≃': '≈',
}));

export const doubleStruck = new Map(Object.entries({ 'ℝ': 'R', 'ℚ': 'Q', 'ℤ': 'Z', 'ℕ': 'N', 'ℂ': 'C' }));

export const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';
export const subscripts = '₀₁₂₃₄₅₆₇₈₉';
export const vulgarFractions = new Map(Object.entries({
  '½': '1/2', '⅓': '1/3', '⅔': '2/3', '¼': '1/4', '¾': '3/4', '⅕': '1/5', '⅖': '2/5', '⅗': '3/5', '⅘': '4/5', '⅙': '1/6', '⅚': '5/6', '⅛': '1/8', '⅜': '3/8', '⅝': '5/8', '⅞': '7/8',
}));

/** Plain words that mean a function, a constant or a mark. */
export const wordFunctions = new Set(['sin', 'cos', 'tan', 'cot', 'sec', 'csc', 'log', 'ln', 'exp', 'arcsin', 'arccos', 'arctan', 'sinh', 'cosh', 'tanh', 'sqrt', 'gcd', 'lcm', 'max', 'min', 'asin', 'acos', 'atan', 'abs', 'floor', 'ceil']);
export const wordConstants = new Map(Object.entries({ infinity: 'infty', infty: 'infty', inf: 'infty', oo: 'infty', pi: 'pi', Pi: 'pi' }));
export const wordMarks = new Map(Object.entries({ and: ',', or: ',', percent: '%', percentage: '%', pct: '%', degrees: '°', degree: '°', deg: '°', union: '∪', cup: '∪', times: '*', cdot: '*' }));

/** Longest known command that `name` starts with, for commands glued to the letter behind them. */
export function knownPrefix(name: string): string | undefined {
  for (let length = Math.min(name.length, 20); length > 1; length--) {
    const head = name.slice(0, length);
    if (isKnown(head)) return head;
  }
  return undefined;
}

export function isKnown(name: string): boolean {
  return ignored.has(name) || textCommands.has(name) || marks.has(name) || functions.has(name) || structural.has(name) || greek.has(name);
}

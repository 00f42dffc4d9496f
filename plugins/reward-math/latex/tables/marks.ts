import { pairs, words } from './table.js';

/** Commands that stand for one mark of the grammar. */
export const marks = pairs(String.raw`
  cdot=* times=× ast=* bullet=* div=/ colon=: pm=± mp=∓
  le=≤ leq=≤ leqslant=≤ leqq=≤ ge=≥ geq=≥ geqslant=≥ geqq=≥ lt=< gt=> ne=≠ neq=≠
  approx=≈ approxeq=≈ simeq=≈ doteq=≈ thickapprox=≈ equiv=≡ sim=∼ cong=≅ propto=∝
  in=∈ notin=∉ subset=⊂ subseteq=⊆ supset=⊃ supseteq=⊇ mapsto=↦ to=→ rightarrow=→ longrightarrow=→
  implies=⇒ Rightarrow=⇒ Longrightarrow=⇒ Leftarrow=⇐ impliedby=⇐ iff=⇔ Leftrightarrow=⇔ Longleftrightarrow=⇔
  parallel=∥ perp=⊥ cup=∪ bigcup=∪ cap=∩ bigcap=∩ setminus=∖ smallsetminus=∖ backslash=∖
  lbrace=\{ rbrace=\} lbrack=[ rbrack=] langle=⟨ rangle=⟩ lparen=( rparen=)
  vert=| lvert=| rvert=| mid=∣ lVert=‖ rVert=‖ Vert=‖ lfloor=⌊ rfloor=⌋ lceil=⌈ rceil=⌉
  degree=° circ=∘ prime=' percent=% land=∧ wedge=∧ lor=∨ vee=∨ cr=\\ tabularnewline=\\
`);

/** Signs between the sides of a relation. */
export const relationMarks = words('= < > ≤ ≥ ≠ ≈ ≡ ∼ ≅ ∝ ∈ ∉ ⊂ ⊆ ⊃ ⊇ ↦ → ∥ ⊥ ⇒ ⇐ ⇔');

/** Marks between the items of a list; the words "and" and "or" arrive as marks too. */
export const separators = words(', ; and or ∧ ∨');

/** Signs that ASCII writes with two characters. */
export const digraphs: ReadonlyMap<string, string> = new Map([
  ['<=', '≤'],
  ['>=', '≥'],
  ['!=', '≠'],
  ['==', '='],
  ['=<', '≤'],
  ['=>', '⇒'],
  ['->', '→'],
  ['**', '^'],
]);

/** Single characters that are marks of the grammar themselves. */
export const markCharacters = new Set(".&+-*/^_()[]{}|,;:!'%°=<>≤≥≠≈≡∼≅∝∈∉⊂⊆⊃⊇±∓∪∩∖∘⟨⟩⌊⌋⌈⌉‖?@`#→⇒⇐⇔∧∨×∥⊥");

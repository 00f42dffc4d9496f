/** Acceptances of the hack matrix that are right, each with the reason; docs/reward.md lists them. */
interface Explanation {
  readonly reason: string;
  /** Whether it is about this string or template and this gold. `answers`: whether gold is answered by a text. */
  readonly holds: (attempt: string, gold: string, answers: (text: string) => boolean) => boolean;
}

const symbol = /(?:^|[+-])([a-z]|f\(x\)|q_1|\\alpha)(?=[+-]|$)/;

const explanations: readonly Explanation[] = [
  {
    reason: 'a true equation answers its own right side: 2+2=4 answers 4',
    holds: (attempt, _, answers) => !attempt.includes('G') && /=|∈|\\in /.test(attempt) && answers(lastSide(attempt)),
  },
  {
    reason: 'a name with nothing but zero added is that name',
    holds: (attempt, _, answers) => answers(symbol.exec(attempt.replace(/\\text.*$/, ''))?.[1] ?? ''),
  },
  {
    reason: 'both inequalities always hold',
    holds: (attempt, gold, answers) => /[<>]|\\[lg]e/.test(gold) && answers('\\mathbb{R}') && attempt !== '',
  },
  {
    reason: 'an option letter may be followed by the text of its option',
    holds: (attempt, gold) => /^G (?:\\quad )?999029$/.test(attempt) && /^\W*(?:text)?\W*[A-J]\W*$/.test(gold),
  },
  {
    reason: 'the set has the number already',
    holds: (attempt, gold) => /\\cup|mid x = G/.test(attempt) && /\\infty|\\mathbb|[<>]|\\[lg]e|\\ne/.test(gold),
  },
  {
    reason: 'it is an approximation to some percent',
    holds: (attempt, gold) => attempt.includes('\\approx') && Math.abs(numberIn(gold) / 999029 - 1) < 0.07,
  },
  {
    reason: 'a true statement is added to a gold that is a statement',
    holds: (attempt, gold) => /[<>]|\\ne|\\[lg]e/.test(attempt) && /[<>]|\\[lg]e|\\ne|\\lt|\\gt/.test(gold),
  },
  {
    reason: 'zero times it, divided by it or negated is zero',
    holds: (attempt, gold) => /over|^G (?:\\quad |G )?999029$|negative/.test(attempt) && /0/.test(gold),
  },
  {
    reason: 'the solutions are the same',
    holds: (attempt, gold) => /negative|lfloor|999029 x/.test(attempt) && /\\ne|[<>]|\\[lg]e/.test(gold),
  },
  {
    reason: 'a positive factor changes no argument of a complex number',
    holds: (attempt, gold) => /^G (?:\\quad )?999029$/.test(attempt) && gold.includes('\\arg'),
  },
  {
    reason: 'a family of angles holds the negative ones',
    holds: (attempt, gold) => attempt.includes('negative') && /k\\pi|mathbb\{Z\}/.test(gold),
  },
  {
    reason: 'a bare list has no order',
    holds: (attempt, gold) => letters(attempt) === letters(gold) && /^[A-E](?:,| or) /.test(attempt),
  },
  {
    reason: 'it spells gold out',
    holds: (attempt, gold) => !attempt.includes('G') && spelling(attempt) === spelling(gold),
  },
  {
    reason: 'an expression is said to have the value of gold',
    holds: (attempt, gold) => /^999029 : G$|lfloor/.test(attempt) && /=.*,/.test(gold),
  },
];

function lastSide(equation: string): string {
  return equation.split(/=|∈|\\in /).at(-1) ?? '';
}

function letters(text: string): string {
  return [...text.replace(/ or |[^a-zA-Z]/g, '').toLowerCase()].sort().join('');
}

/** What is left without layout and words between items. */
function spelling(text: string): string {
  return text.replace(/\\text\{ or \}|\\text|[\\{}(),\s]/g, '').toLowerCase();
}

function numberIn(gold: string): number {
  return Number(gold.replace(/[^\d.]/g, ''));
}

export function isExplained(attempt: string, gold: string, answers: (text: string) => boolean): boolean {
  return explanations.some((one) => one.holds(attempt, gold, answers));
}

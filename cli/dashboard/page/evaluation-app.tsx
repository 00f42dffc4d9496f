import { Evaluations } from './evaluations.js';
import type { EvaluationSource } from '../shared/evaluations.js';

/** The page of a report of evaluations. */
export const EvaluationApp = ({ source }: { readonly source: EvaluationSource }) => (
  <>
    <header>
      <h1>orz-train evaluation</h1>
    </header>
    {source.note !== undefined && <p class="note">{source.note}</p>}
    <main>
      <Evaluations source={source} />
    </main>
  </>
);

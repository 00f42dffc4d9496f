import type { TokenScores } from '../../contracts/model.js';
import { missingScores } from './errors.js';

/** One kind of score of all sequences. Throws ORZ_INTERNAL if the model does not compute it. */
export function scoresOf(scores: readonly TokenScores[], name: keyof TokenScores): Float32Array[] {
  return scores.map((each) => {
    const values = each[name];
    if (!values) throw missingScores(name);
    return values;
  });
}

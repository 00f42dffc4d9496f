import type { Problem } from '../../../core/contracts/data.js';
import type { ProblemList, ProblemSource } from '../../../core/contracts/problems.js';
import { createRandom, type Random } from '../../../core/random.js';
import { noSuchProblem } from '../errors.js';
import { mostTerms, type ChainDataSettings, type TermRange } from './settings.js';
import { drawTerms, lastDigit, textsOf, type Term } from './terms.js';

const heldOutLength = 2048;
/** The held-out problems are the same for every run, so that runs with different seeds can be compared. */
const heldOutSeed = 2026;
/** So many terms more are in the set `longer`. */
const moreTerms = 4;

/**
 * Chains of labelled numbers, written like `x3y5z9`: the last digit of their sum is asked for. Three sets are held out:
 * `held-out` is like training, `longer` has four terms more, and `capitals` is in the second notation.
 */
export function createChainProblems(settings: ChainDataSettings, random: Random): ProblemSource {
  return {
    name: 'chain',
    open: () =>
      Promise.resolve({
        train: trainProblems(settings, random),
        evaluation: {
          'held-out': heldOutProblems('held-out', settings, 0),
          longer: heldOutProblems('longer', longer(settings), 0),
          capitals: heldOutProblems('capitals', settings, 1),
        },
      }),
  };
}

const longer = ({ minTerms, maxTerms }: TermRange): TermRange => ({
  minTerms: Math.min(mostTerms, minTerms + moreTerms),
  maxTerms: Math.min(mostTerms, maxTerms + moreTerms),
});

function trainProblems(settings: ChainDataSettings, random: Random): ProblemList {
  const draw = {
    numbers: random.stream('chain/train'),
    labels: random.stream('chain/train labels'),
    range: settings,
    capitalShare: settings.capitalShare,
    heldOut: false,
  };
  return problemList('train', settings.trainProblems, (index) => drawTerms(draw, index));
}

/** The first notation or the second, whatever the run trains on, so that all runs can be compared. */
function heldOutProblems(set: string, range: TermRange, capitalShare: number): ProblemList {
  const random = createRandom(heldOutSeed);
  const draw = {
    numbers: random.stream(`chain/${set}`),
    labels: random.stream(`chain/${set} labels`),
    range,
    capitalShare,
    heldOut: true,
  };
  return problemList(set, heldOutLength, (index) => drawTerms(draw, index));
}

function problemList(set: string, length: number, termsAt: (index: number) => readonly Term[]): ProblemList {
  return {
    length,
    at(index): Problem {
      if (!Number.isInteger(index) || index < 0 || index >= length) throw noSuchProblem(`chain/${set}`, index, length);
      const terms = termsAt(index);
      return { id: `chain/${set}/${index}`, prompt: textsOf(terms).join(''), answer: String(lastDigit(terms)) };
    },
  };
}

import type { StudyInput } from '../../core/study/study.js';
import { criticUpdates } from './critic-updates.js';
import { dataSize } from './data-size.js';
import { discount } from './discount.js';
import { gaeLambda } from './gae-lambda.js';
import { groupSize } from './group-size.js';
import { grpo } from './grpo.js';
import { kl } from './kl.js';
import { offPolicy } from './off-policy.js';
import { secondNotation } from './second-notation.js';
import { sizes } from './sizes.js';
import { temperature } from './temperature.js';
import { valueClip } from './value-clip.js';
import { whitening } from './whitening.js';

/** In the order of the paper's figures, then what the paper does not report. */
const studies: readonly StudyInput[] = [
  sizes,
  gaeLambda,
  discount,
  kl,
  dataSize,
  secondNotation,
  offPolicy,
  temperature,
  grpo,
  criticUpdates,
  valueClip,
  whitening,
  groupSize,
];

/** All studies by name, in the order in which they are listed. */
export const studyCatalog: ReadonlyMap<string, StudyInput> = new Map(studies.map((study) => [study.name, study]));

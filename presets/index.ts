import type { Preset, PresetCatalog } from '../core/config/preset.js';
import { annealing } from './ablations/annealing.js';
import { gaeLambda095 } from './ablations/gae-lambda-0.95.js';
import { gaeLambda0998 } from './ablations/gae-lambda-0.998.js';
import { gaeLambda099 } from './ablations/gae-lambda-0.99.js';
import { gamma099 } from './ablations/gamma-0.99.js';
import { klLoss } from './ablations/kl-loss.js';
import { klPenalty } from './ablations/kl-penalty.js';
import { math75k } from './ablations/math-7.5k.js';
import { offPolicy } from './ablations/off-policy.js';
import { onPolicy } from './ablations/on-policy.js';
import { temperature06 } from './ablations/temperature-0.6.js';
import { temperature12 } from './ablations/temperature-1.2.js';
import { topP095 } from './ablations/top-p-0.95.js';
import { cispo } from './algorithms/cispo.js';
import { dapo } from './algorithms/dapo.js';
import { drGrpo } from './algorithms/dr-grpo.js';
import { grpo } from './algorithms/grpo.js';
import { gspo } from './algorithms/gspo.js';
import { reinforcePlusPlus } from './algorithms/reinforce-plus-plus.js';
import { remax } from './algorithms/remax.js';
import { rloo } from './algorithms/rloo.js';
import { base } from './base.js';
import { calculator } from './calculator.js';
import { orz05B } from './orz-0.5b.js';
import { orz15B } from './orz-1.5b.js';
import { orz32B } from './orz-32b.js';
import { orz7B } from './orz-7b.js';
import { orzLab } from './orz-lab.js';
import { orzR1Distill14B } from './orz-r1-distill-14b.js';
import { orzTiny } from './orz-tiny.js';

const presets: readonly Preset[] = [
  orzTiny,
  orzLab,
  orz05B,
  orz15B,
  orz7B,
  orz32B,
  orzR1Distill14B,
  annealing,
  gaeLambda095,
  gaeLambda099,
  gaeLambda0998,
  gamma099,
  klLoss,
  klPenalty,
  math75k,
  onPolicy,
  offPolicy,
  temperature06,
  temperature12,
  topP095,
  grpo,
  drGrpo,
  dapo,
  gspo,
  cispo,
  rloo,
  reinforcePlusPlus,
  remax,
  calculator,
  base,
];

/** All presets by name, in the order in which they are listed. */
export const presetCatalog: PresetCatalog = new Map(presets.map((preset) => [preset.name, preset]));

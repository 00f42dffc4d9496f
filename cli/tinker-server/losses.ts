import type { Tensor } from '../../core/compute/tensor/graph.js';
import { clip, exp, minimum, mul, neg, stopGradient, sum } from '../../core/compute/tensor/ops.js';
import type { Loss, LossTensors } from '../../core/contracts/loss.js';
import { logRatioTo } from '../../core/recipe/log-ratio.js';
import { Refusal } from '../reward-server/refusal.js';

/** Losses of the configuration's plugins, made with the settings of a request. */
export interface PluginLosses {
  /** `policyLoss` of type `ppo-clip`. */
  ppoClip(clipEps: number): Loss;
  /** `valueLoss` of type `value`; null is no limit. */
  value(valueClipEps: number | null): Loss;
}

export type Config = Readonly<Record<string, number>>;

/** A loss function of the API: for which models, with which inputs, and its graph. */
export interface LossFunction {
  readonly role: 'policy' | 'critic';
  /** Arrays that each datum must have beside `target_tokens`. */
  readonly inputs: readonly string[];
  /** Keys that `loss_fn_config` may have beside `temperature` and `scores`. */
  readonly settings: readonly string[];
  /**
   * SkyRL's mean for critics: the sum of a sequence is divided by its weight where that exceeds 1, the sum of all by
   * the number of sequences since the last step.
   */
  readonly isSequenceMean?: boolean;
  create(config: Config, plugins: PluginLosses): Loss;
}

const ratioInputs = ['logprobs', 'advantages'];
const valueInputs = ['values', 'returns'];
const thresholds = ['clip_low_threshold', 'clip_high_threshold'];

/**
 * All are sums over tokens, Σ w · loss per token, with ρ = exp(log-probability − `logprobs`); `weights` are 1 where a
 * request has none. Sources: the documentation of the hosted service, and SkyRL 0.4 for `ppo_critic`.
 */
export const lossFunctions: Readonly<Record<string, LossFunction>> = {
  cross_entropy: {
    role: 'policy',
    inputs: [],
    settings: [],
    create: () => ofTokens('cross_entropy', {}, ({ logprobs }) => neg(logprobs)),
  },
  importance_sampling: {
    role: 'policy',
    inputs: ratioInputs,
    settings: [],
    create: () => ofTokens('importance_sampling', {}, (t) => neg(mul(ratio(t), t.advantages))),
  },
  ppo: { role: 'policy', inputs: ratioInputs, settings: thresholds, create: createPpo },
  cispo: { role: 'policy', inputs: ratioInputs, settings: thresholds, create: createCispo },
  value_sum: {
    role: 'critic',
    inputs: valueInputs,
    settings: ['value_clip'],
    create: ({ value_clip: clipEps = null }, plugins) => plugins.value(clipEps),
  },
  ppo_critic: {
    role: 'critic',
    inputs: valueInputs,
    settings: ['value_clip'],
    isSequenceMean: true,
    create: ({ value_clip: clipEps = 0.2 }, plugins) => plugins.value(clipEps),
  },
};

/** Rounding of two thresholds that were computed from one ε. */
const thresholdRounding = 1e-9;

/** The loss of the plugin where the thresholds are 1 ± ε, so that it is that of a run to the bit. */
function createPpo(config: Config, plugins: PluginLosses): Loss {
  const { low, high } = thresholdsOf(config);
  if (low > 0 && Math.abs(high - 1 - (1 - low)) < thresholdRounding) return plugins.ppoClip(1 - low);
  return ofTokens('ppo', { low, high }, (t) => {
    const rho = ratio(t);
    return neg(minimum(mul(rho, t.advantages), mul(clip(rho, low, high), t.advantages)));
  });
}

/** −sg(clip(ρ)) A log π (MiniMax-M1, arXiv 2506.13585 eq. 4). */
function createCispo(config: Config): Loss {
  const { low, high } = thresholdsOf(config);
  return ofTokens('cispo', { low, high }, (t) =>
    neg(mul(mul(stopGradient(clip(ratio(t), low, high)), t.advantages), t.logprobs)),
  );
}

function thresholdsOf({ clip_low_threshold: low = 0.8, clip_high_threshold: high = 1.2 }: Config) {
  if (low >= 0 && low < 1 && high > 1) return { low, high };
  throw new Refusal(400, `clip_low_threshold ${low} and clip_high_threshold ${high} do not enclose the ratio 1`);
}

/** Σ w · loss; tokens without weight count as 0 whatever their loss is. */
function ofTokens(name: string, settings: Loss['settings'], build: (t: LossTensors) => Tensor): Loss {
  return {
    name,
    settings,
    build: (_g, t) => ({ loss: sum(mul(t.weights, build(t))) }),
  };
}

/** ρ, and 1 where the weight is 0. */
const ratio = (t: LossTensors): Tensor => exp(logRatioTo(t.oldLogprobs, t));

/** The loss function of a request. Throws a {@link Refusal} for an unknown name or key, and for the other role. */
export function lossFunction(name: string, role: string, config: Config): LossFunction {
  const found = Object.hasOwn(lossFunctions, name) ? lossFunctions[name] : undefined;
  if (found === undefined)
    throw new Refusal(400, `loss_fn ${name} is not one of ${Object.keys(lossFunctions).join(', ')}`, 'loss_fn');
  if (found.role !== role) throw new Refusal(400, `the loss ${name} is for a ${found.role}, this is a ${role}`);
  const known = ['temperature', 'scores', ...found.settings];
  for (const [key, value] of Object.entries(config)) {
    if (!known.includes(key)) throw new Refusal(422, `loss_fn_config.${key}: ${name} knows only ${known.join(', ')}`);
    if (!(Number.isFinite(value) && value >= 0)) throw new Refusal(422, `loss_fn_config.${key} cannot be ${value}`);
  }
  return found;
}

import type { Plugin } from '../../../core/plugin/define.js';
import { createRegistry, type Registry } from '../../../core/plugin/registry.js';
import advantageGae from '../../../plugins/advantage-gae/plugin.js';
import advantageGroup from '../../../plugins/advantage-group/plugin.js';
import advantageReinforce from '../../../plugins/advantage-reinforce/plugin.js';
import advantageRemax from '../../../plugins/advantage-remax/plugin.js';
import advantageRloo from '../../../plugins/advantage-rloo/plugin.js';
import backendReference from '../../../plugins/backend-reference/plugin.js';
import backendWebgpu from '../../../plugins/backend-webgpu/plugin.js';
import engineLocal from '../../../plugins/engine-local/plugin.js';
import entropy from '../../../plugins/entropy/plugin.js';
import groupFilter from '../../../plugins/group-filter/plugin.js';
import environmentCalculator from '../../../plugins/environment-calculator/plugin.js';
import kl from '../../../plugins/kl/plugin.js';
import lossCispo from '../../../plugins/loss-cispo/plugin.js';
import lossGspo from '../../../plugins/loss-gspo/plugin.js';
import lossPpo from '../../../plugins/loss-ppo/plugin.js';
import lossValue from '../../../plugins/loss-value/plugin.js';
import metricsJsonl from '../../../plugins/metrics-jsonl/plugin.js';
import metricsRollouts from '../../../plugins/metrics-rollouts/plugin.js';
import optimizerAdamw from '../../../plugins/optimizer-adamw/plugin.js';
import rewardMath from '../../../plugins/reward-math/plugin.js';
import rewardShaping from '../../../plugins/reward-shaping/plugin.js';
import samplerCorrection from '../../../plugins/sampler-correction/plugin.js';
import samplerEngine from '../../../plugins/sampler-engine/plugin.js';
import modelArithmeticBase from '../../../plugins/task-arithmetic/model-plugin.js';
import taskArithmetic from '../../../plugins/task-arithmetic/plugin.js';
import templateOrz from '../../../plugins/template-orz/plugin.js';
import { gated, type BufferMemory } from './gated-backend.js';
import type { Gate } from './gate.js';

/** The bundled plugins that work in a browser: the same as on the command line. */
export const portablePlugins: readonly Plugin[] = [
  advantageGae,
  advantageGroup,
  advantageReinforce,
  advantageRemax,
  advantageRloo,
  engineLocal,
  entropy,
  groupFilter,
  environmentCalculator,
  kl,
  lossCispo,
  lossGspo,
  lossPpo,
  lossValue,
  metricsJsonl,
  metricsRollouts,
  optimizerAdamw,
  rewardMath,
  rewardShaping,
  samplerCorrection,
  samplerEngine,
  modelArithmeticBase,
  taskArithmetic,
  templateOrz,
];

/** The backends that work in a browser. */
export const portableBackends: readonly Plugin[] = [backendReference, backendWebgpu];

/** All of them; backends wait at `gate`. */
export const createBrowserRegistry = (gate: Gate, memory: BufferMemory): Registry =>
  createRegistry([...portablePlugins, ...portableBackends.map((plugin) => gated(plugin, gate, memory))]);

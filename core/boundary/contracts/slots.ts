import type { Slot } from '../../contracts/contract-tokens.js';
import type { Contract } from '../guard.js';
import { backend, engine, sampler } from './compute.js';
import { benchmark, data, model, template } from './data.js';
import { advantage, entropy, kl, loss, optimizer, samplerCorrection } from './learning.js';
import { groupFilter, reward, rewardShaping } from './rewards.js';
import { environment } from './environments.js';
import { metrics } from './sinks.js';

/** What is checked of each slot; a new slot needs its contract here. */
export const slotContracts: Readonly<Record<Slot, Contract>> = {
  backend,
  engine,
  model,
  data,
  template,
  sampler,
  environment,
  reward,
  groupFilter,
  rewardShaping,
  advantage,
  policyLoss: loss,
  valueLoss: loss,
  kl,
  entropy,
  samplerCorrection,
  optimizer,
  metrics,
  benchmark,
};

import * as z from 'zod';
import type { LazyPlugin } from '../../../core/plugin/registry.js';
import { slotContracts } from '../../../core/boundary/contracts/slots.js';
import { contractTokens, type Slot } from '../../../core/contracts/contract-tokens.js';
import { definePlugin, type Plugin, type Provider } from '../../../core/plugin/define.js';

/** What a fake provider does when it starts; by default it hands out an object that says who it is. */
export type FakeCreate = (settings: Record<string, unknown>, context: Parameters<Provider['create']>[1]) => unknown;

const fields: Readonly<Record<string, unknown>> = {
  name: 'fake',
  needsCritic: false,
  needsReference: false,
  settings: {},
  state: [],
  stop: [],
  info: { backend: 'fake', device: 'none', notes: [] },
  moduleUrl: 'file:///fake-reward.js',
};

/** Every member that the contract of a slot asks for; its methods do nothing. */
const fakePart = (slot: Slot): Record<string, unknown> => ({
  ...Object.fromEntries(Object.keys(slotContracts[slot].fields).map((key) => [key, fields[key]])),
  ...Object.fromEntries(Object.keys(slotContracts[slot].methods).map((key) => [key, () => undefined])),
});

/** A plugin with one provider whose product is whatever a test needs. */
export function fakePlugin(
  slot: Slot,
  type: string,
  options: { settings?: z.ZodObject; requires?: Slot[]; create?: FakeCreate; name?: string } = {},
): Plugin {
  const {
    settings = z.strictObject({}),
    requires,
    create = () => ({ name: type }),
    name = `${slot}-${type}`,
  } = options;
  const complete: FakeCreate = async (values, context) => ({
    ...fakePart(slot),
    ...((await create(values, context)) as object),
  });
  const provider = { slot, type, description: `a fake ${slot}`, settings, create: complete } as unknown as Provider;
  return definePlugin({ name, provides: [provider], ...(requires && { requires }) });
}

/** A plugin known by name; `onLoad` tells the test that it was imported. */
export const lazily = (plugin: Plugin, onLoad: () => void = () => undefined): LazyPlugin => ({
  name: plugin.name,
  slots: Object.fromEntries(plugin.provides.map(({ slot, type }) => [slot, [type]])),
  load: () => {
    onLoad();
    return Promise.resolve(plugin);
  },
});

export const gaeSettings = z.strictObject({
  gamma: z.number().min(0).max(1).default(1).describe('Discount per token'),
  lambda: z.number().min(0).max(1).default(1).describe('Trace decay'),
});

/** One fake per slot, named like the slot's default in {@link completeValues}; `replace` swaps some of them. */
export function fakePlugins(replace: Partial<Record<Slot, Plugin>> = {}): Plugin[] {
  const types: Partial<Record<Slot, string>> = { metrics: 'jsonl' };
  return (Object.keys(contractTokens) as Slot[]).map(
    (slot) =>
      replace[slot] ??
      (slot === 'advantage'
        ? fakePlugin('advantage', 'gae', { settings: gaeSettings })
        : fakePlugin(slot, types[slot] ?? 'plain')),
  );
}

/** A configuration in which every required field is stated. */
export const completeValues = {
  seed: 1,
  iterations: 2,
  model: 'plain',
  data: 'plain',
  template: 'plain',
  backend: 'plain',
  engine: 'plain',
  sampler: 'plain',
  reward: 'plain',
  advantage: 'gae',
  policyLoss: 'plain',
  valueLoss: 'plain',
  kl: 'plain',
  optimizer: 'plain',
  rolloutBatchSize: 4,
  samplesPerPrompt: 2,
  maxPromptTokens: 8,
  maxResponseTokens: 16,
  temperature: 1,
  topP: 1,
  topK: 0,
  policyUpdateSteps: 1,
  criticUpdateSteps: 2,
  policyLearningRate: 0.01,
  criticLearningRate: 0.02,
  policyWarmupSteps: 0,
  criticWarmupSteps: 0,
  maxGradNorm: 1,
  whitenAdvantages: true,
  lossAggregation: 'token-mean',
} as const;

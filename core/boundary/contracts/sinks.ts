import type { RolloutBatch } from '../../contracts/metric-sink.js';
import type { Contract } from '../guard.js';
import { frozen } from '../lending.js';
import { plainJson } from '../plain-json.js';
import { hook, nothing, shaped, sync } from '../results.js';
import { flag, name, optional, record, text } from '../shapes.js';

/** The contract of what receives metrics and responses. */

export const directive = optional(record({ stop: optional(text), checkpoint: optional(flag) }));

const lendFrozen = (args: readonly unknown[]): readonly unknown[] => args.map(frozen);

/** Its tokenizer is a part of its own, and what describes it may be large. */
const lendBatch = ([batch]: readonly unknown[]): readonly unknown[] => {
  const { records, ...rest } = batch as RolloutBatch;
  return [Object.freeze({ ...rest, records: frozen(records) })];
};

export const metrics: Contract = {
  fields: { name },
  methods: {
    record: hook(nothing, { lend: lendFrozen }),
    rollouts: hook(nothing, { optional: true, lend: lendBatch, keeps: ([batch]) => (batch as RolloutBatch).records }),
    iterationEnd: hook(shaped(directive), { optional: true, lend: lendFrozen }),
    state: sync(shaped(optional(plainJson)), { optional: true }),
    restore: hook(nothing, { optional: true, lend: ([state]) => [structuredClone(state)] }),
  },
};

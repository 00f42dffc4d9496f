import type { Model, ModelRole, Sequence } from '../../contracts/model.js';
import type { Program } from '../../contracts/backend.js';
import type { Completion, SampleOptions } from '../../contracts/sampler.js';
import { elementAt } from '../../arrays.js';
import { sizeOf, type Shape as TensorShape } from '../../compute/tensor/types.js';
import { requireFinite } from '../../recipe/check.js';
import { policyLength } from '../../segments.js';
import { checked, type CallContext, type Contract, type Method } from '../guard.js';
import { originOfPart } from '../part.js';
import { elements, hook, nestedPart, nothing, shaped, shapedBy, sync, work } from '../results.js';
import {
  anything,
  dictionary,
  finite,
  flag,
  floats,
  functionShape,
  having,
  integers,
  list,
  name,
  notNegative,
  object,
  oneOf,
  optional,
  record,
  refuse,
  text,
  typedData,
  whole,
  type Shape,
} from '../shapes.js';
import { namedTensor } from './data.js';

/** Contracts of what computes: backends, engines with their models, samplers. */

const deviceInfo = record({ backend: text, device: text, notes: list(text) });

const buffer = having({ shape: list(whole()), dtype: text, bytes: finite, alive: flag });
const program = having({ label: text, inputs: anything, outputs: list(object), release: functionShape });

export const backend: Contract = {
  fields: { info: deviceInfo },
  methods: {
    create: sync(shaped(buffer)),
    write: sync(nothing),
    read: work(shapedBy(([buffer]) => typedData(sizeOf((buffer as { shape: TensorShape }).shape)))),
    compile: work(shaped(program)),
    submit: work(shapedBy(([program]) => outputsOf(program as Program))),
    release: sync(nothing),
    memory: sync(shaped(record({ buffers: whole(), bytes: finite }))),
  },
};

const outputsOf = ({ outputs }: Program): Shape =>
  record(Object.fromEntries(outputs.map((output) => [output.name, buffer])));

/** What the numbers of a model are called in messages. */
function scoreName(role: ModelRole, score: string): string {
  if (score !== 'logprobs') return score === 'values' ? 'value' : score;
  return role === 'reference' ? 'reference log-probability' : 'log-probability';
}

/** One row per sequence and kind of score, a finite number per policy token each. */
function scores(value: unknown, { args, target }: CallContext): unknown {
  const sequences = args[0] as readonly Sequence[];
  const rows = list(object, sequences.length)(value, '').map((each, i) => {
    const row = optional(floats(policyLength(elementAt(sequences, i))));
    return record({ logprobs: row, entropy: row, values: row })(each, `[${i}]`);
  });
  const { role } = target as unknown as Model;
  for (const score of ['logprobs', 'entropy', 'values']) {
    const numbers = rows.map((each) => (each[score] ?? new Float32Array(0)) as Float32Array);
    requireFinite(scoreName(role, score), numbers);
  }
  return rows;
}

/** The metrics are what the loss computes, so that it is named if one of them is wrong. */
const lossReport =
  ({ args: [, loss] }: CallContext): Shape =>
  (value, path) => {
    const who = originOfPart(loss as object, 'the loss');
    const metric: Shape<number> = (number, at) =>
      typeof number === 'number' && Number.isFinite(number)
        ? number
        : refuse(`${at} of ${who}`, number, 'a finite number');
    return record({ loss: finite, metrics: dictionary(metric) })(value, path);
  };

export const modelTensors: Contract = {
  fields: { weightShapes: anything, optimizerShapes: anything },
  methods: {
    exportWeights: sync(elements(namedTensor)),
    importWeights: work(nothing),
    exportOptimizer: sync(elements(namedTensor)),
    importOptimizer: work(nothing),
    resetOptimizer: sync(nothing),
  },
};

export const oneModel: Contract = {
  fields: {
    role: oneOf(['policy', 'critic', 'reference']),
    version: whole(),
    parameterCount: whole(),
  },
  methods: {
    forward: work(scores),
    accumulate: work(shapedBy((_, context) => lossReport(context))),
    step: work(shaped(record({ gradNorm: notNegative, version: whole() }))),
  },
  parts: { tensors: { contract: modelTensors, optional: true } },
};

/** Whether it answers a request is for the collector to say, which knows what it asked for. */
const completion = record({
  request: whole(),
  sample: whole(),
  tokens: integers(),
  logprobs: floats(),
  text,
  stopReason: oneOf(['stop', 'length']),
  weightVersion: whole(),
});

/** Completions are checked as they come. */
const lendCallbacks: Method['lend'] = ([requests, options], { site, calls }) => {
  const { onDone, onToken, ...rest } = (options ?? {}) as SampleOptions;
  return [
    requests,
    {
      ...rest,
      onDone: (value: unknown) => {
        calls.progress();
        onDone?.(checked(site, () => completion(value, 'completion')) as unknown as Completion);
      },
      onToken: (request: number, sample: number, token: number) => {
        calls.progress();
        onToken?.(request, sample, token);
      },
    },
  ];
};

export const oneSampler: Contract = {
  fields: { version: whole(-1) },
  methods: {
    sample: work(shaped(list(completion)), { lend: lendCallbacks }),
    sync: work(shaped(whole(-1))),
  },
};

export const sampler: Contract = { fields: { name }, methods: { create: work(nestedPart(oneSampler)) } };

export const engineStates: Contract = {
  fields: {},
  methods: { save: work(shaped(dictionary(text))), load: work(nothing), remove: work(nothing) },
};

const refusals = list(record({ path: text, allowed: text, remedy: text, value: optional(anything) }));

const costs = record({ counts: dictionary(finite), seconds: dictionary(finite) });

export const oneEngine: Contract = {
  fields: { device: deviceInfo },
  methods: { dispose: hook(nothing), costs: sync(shaped(costs), { optional: true }) },
  parts: {
    policy: { contract: oneModel },
    critic: { contract: oneModel, optional: true },
    reference: { contract: oneModel, optional: true },
    sampler: { contract: oneSampler },
    states: { contract: engineStates, optional: true },
  },
};

export const engine: Contract = {
  fields: { name, device: optional(deviceInfo), hasWeights: optional(flag) },
  methods: { refusals: work(shaped(refusals)), create: work(nestedPart(oneEngine)) },
};

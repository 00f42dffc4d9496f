import type { Contract } from '../../../core/boundary/guard.js';
import {
  engineStates,
  modelTensors,
  oneEngine,
  oneModel,
  oneSampler,
} from '../../../core/boundary/contracts/compute.js';
import { baseModel, problemList, tokenizer, trait } from '../../../core/boundary/contracts/data.js';
import { loopContracts } from '../../../core/boundary/contracts/loop.js';
import { environmentPool } from '../../../core/boundary/contracts/environments.js';
import { rewardPool } from '../../../core/boundary/contracts/rewards.js';
import { slotContracts } from '../../../core/boundary/contracts/slots.js';
import { Graph } from '../../../core/compute/tensor/graph.js';
import { silentEvents } from '../../../core/silent-events.js';

/** Sound parts of every kind, and how each of their methods is called: what the matrix of misbehaviour starts from. */

const noop = () => undefined;
const info = { backend: 'fake', device: 'none', notes: [] };
const problem = { id: 'p0', prompt: '1+1', answer: '2' };
const buffer = { shape: [2], dtype: 'f32', bytes: 8, alive: true };
const rows = () => [Float32Array.of(1, 2), Float32Array.of(3)];

const soundTokenizer = () => ({
  vocabSize: 4,
  endTokens: [0],
  encode: () => Int32Array.of(1),
  decode: () => 'a',
  definition: {},
});
const config = {
  vocabSize: 4,
  hiddenSize: 2,
  layers: 1,
  heads: 1,
  kvHeads: 1,
  headDim: 2,
  intermediateSize: 2,
  maxPositions: 8,
};
const soundList = () => ({ length: 1, at: () => problem });
const soundSampler = () => ({ version: 0, sample: async () => [], sync: async () => 0 });
const soundTensors = () => ({
  weightShapes: [],
  optimizerShapes: [],
  exportWeights: async function* () {},
  importWeights: async () => undefined,
  exportOptimizer: async function* () {},
  importOptimizer: async () => undefined,
  resetOptimizer: noop,
});
const soundStates = () => ({
  save: async () => ({ policy: 'somewhere' }),
  load: async () => undefined,
  remove: async () => undefined,
});
const soundModel = () => ({
  role: 'policy',
  version: 0,
  parameterCount: 1,
  forward: async () => [{ logprobs: Float32Array.of(-1), entropy: Float32Array.of(1) }],
  accumulate: async () => ({ loss: 0, metrics: {} }),
  step: async () => ({ gradNorm: 1, version: 1 }),
  tensors: soundTensors(),
});
const soundEngine = () => ({
  device: info,
  policy: soundModel(),
  sampler: soundSampler(),
  states: soundStates(),
  costs: () => ({ counts: { requests: 1 }, seconds: {} }),
  dispose: async () => undefined,
});

const rollout = {
  index: 0,
  problem,
  promptTokens: Int32Array.of(1),
  responseTokens: Int32Array.of(2),
  segments: [{ source: 'policy', length: 1 }],
  samplerLogprobs: Float32Array.of(-1),
  text: 'a',
  stopReason: 'stop',
  weightVersion: 0,
};
const graded = { rollouts: [rollout], results: [{ value: 1, verdict: 'correct' }] };
const row = [Float32Array.of(1)];
const scored = {
  ...graded,
  sequences: [{ tokens: Int32Array.of(1, 2), promptLength: 1 }],
  groups: Int32Array.of(0),
  oldLogprobs: row,
  entropy: row,
};
const estimated = { ...scored, rewards: Float32Array.of(1), rawAdvantages: row, advantages: row, returns: row };
const report = { loss: 0, metrics: {}, gradNorm: 0, learningRate: 0 };
const context = { random: {}, events: silentEvents, signal: new AbortController().signal };

export type Methods = Readonly<Record<string, () => readonly unknown[]>>;

/** A contract, a sound implementation, and the arguments of each method; made anew for every test. */
export interface Kind {
  readonly contract: Contract;
  readonly sound: () => Record<string, unknown>;
  readonly calls: Methods;
}

const graph = new Graph('test');
const scalar = graph.scalar(1);
const parameter = graph.input('parameter', [2]);
const lossCall = () => [graph, {}];
const update = () => [graph, { parameter, state: { m: parameter } }];
const batch = () => ({
  tokenRewards: rows(),
  rewards: Float32Array.of(1, 0),
  groups: Int32Array.of(0, 0),
  values: rows(),
});

const loss: Kind = {
  contract: slotContracts.policyLoss,
  sound: () => ({ name: 'l', settings: {}, build: () => ({ loss: scalar }) }),
  calls: { build: lossCall },
};

export const kinds: Readonly<Record<string, Kind>> = {
  advantage: {
    contract: slotContracts.advantage,
    sound: () => ({ name: 'a', needsCritic: true, estimate: () => ({ advantages: rows(), returns: rows() }) }),
    calls: { estimate: () => [batch()] },
  },
  policyLoss: loss,
  valueLoss: { ...loss, contract: slotContracts.valueLoss },
  groupFilter: {
    contract: slotContracts.groupFilter,
    sound: () => ({ name: 'f', maxCollections: 2, keeps: () => true }),
    calls: { keeps: () => [graded] },
  },
  rewardShaping: {
    contract: slotContracts.rewardShaping,
    sound: () => ({ name: 's', shape: () => [{ reward: 1, inLoss: true }] }),
    calls: {
      shape: () => [
        [{ problem, length: 1, stopReason: 'stop', verdict: 'correct', reward: 1 }],
        { maxResponseTokens: 8 },
      ],
    },
  },
  entropy: {
    contract: slotContracts.entropy,
    sound: () => ({ name: 'e', settings: {}, loss: () => ({ loss: scalar }) }),
    calls: { loss: lossCall },
  },
  samplerCorrection: {
    contract: slotContracts.samplerCorrection,
    sound: () => ({ name: 'c', factors: () => Float32Array.of(1, 1) }),
    calls: { factors: () => [Float32Array.of(-1, -1), Float32Array.of(-1, -2)] },
  },
  kl: {
    contract: slotContracts.kl,
    sound: () => ({
      name: 'k',
      needsReference: true,
      settings: {},
      penalty: () => Float32Array.of(0, 0),
      loss: () => scalar,
    }),
    calls: { penalty: () => [Float32Array.of(-1, -2), Float32Array.of(-1, -1)], loss: lossCall },
  },
  optimizer: {
    contract: slotContracts.optimizer,
    sound: () => ({ name: 'o', settings: {}, state: ['m'], build: () => ({ parameter, state: { m: parameter } }) }),
    calls: { build: update },
  },
  data: {
    contract: slotContracts.data,
    sound: () => ({ name: 'd', open: async () => ({ train: soundList(), evaluation: {} }) }),
    calls: { open: () => [] },
  },
  benchmark: {
    contract: slotContracts.benchmark,
    sound: () => ({
      name: 'b',
      title: 'B',
      source: 'a file',
      licence: 'MIT',
      questions: 1,
      form: 'open',
      protocol: { samples: 1, temperature: 1, topP: 1, maxResponseTokens: 8, origin: 'this test' },
      grading: { type: 'math' },
      open: async () => soundList(),
    }),
    calls: { open: () => [] },
  },
  'problem list': { contract: problemList, sound: soundList, calls: { at: () => [0] } },
  template: {
    contract: slotContracts.template,
    sound: () => ({ name: 't', stop: ['.'], render: () => 'prompt', stopTokens: () => [1] }),
    calls: { render: () => [problem], stopTokens: () => [{ tokenizer: soundTokenizer() }] },
  },
  trait: { contract: trait, sound: () => ({ shareMetric: 's', holds: () => true }), calls: { holds: () => ['text'] } },
  tokenizer: {
    contract: tokenizer,
    sound: soundTokenizer,
    calls: { encode: () => ['a'], decode: () => [[1]] },
  },
  model: {
    contract: slotContracts.model,
    sound: () => ({
      name: 'm',
      describe: async () => ({ config, tokenizer: soundTokenizer() }),
      load: async () => ({ config, tokenizer: soundTokenizer(), weights: () => [] }),
      inspect: async () => undefined,
    }),
    calls: { describe: () => [context], load: () => [context], inspect: () => [context] },
  },
  'base model': {
    contract: baseModel,
    sound: () => ({ config, tokenizer: soundTokenizer(), weights: () => [], critic: () => [] }),
    calls: { weights: () => [], critic: () => [] },
  },
  sampler: {
    contract: slotContracts.sampler,
    sound: () => ({ name: 's', create: soundSampler }),
    calls: { create: () => [{}] },
  },
  'one sampler': {
    contract: oneSampler,
    sound: soundSampler,
    calls: { sample: () => [[]], sync: () => [{}] },
  },
  engine: {
    contract: slotContracts.engine,
    sound: () => ({ name: 'e', refusals: async () => [], create: async () => soundEngine() }),
    calls: { refusals: () => [{}], create: () => [{}] },
  },
  'one engine': { contract: oneEngine, sound: soundEngine, calls: { costs: () => [], dispose: () => [] } },
  'model of an engine': {
    contract: oneModel,
    sound: soundModel,
    calls: {
      forward: () => [[{ tokens: Int32Array.of(1, 2), promptLength: 1 }]],
      accumulate: () => [[], { name: 'l' }],
      step: () => [{}],
    },
  },
  'tensors of a model': {
    contract: modelTensors,
    sound: soundTensors,
    calls: {
      exportWeights: () => [],
      importWeights: () => [[]],
      exportOptimizer: () => [],
      importOptimizer: () => [[]],
      resetOptimizer: () => [],
    },
  },
  'states of an engine': {
    contract: engineStates,
    sound: soundStates,
    calls: { save: () => ['final'], load: () => [{}, { policy: 0 }], remove: () => [{}] },
  },
  backend: {
    contract: slotContracts.backend,
    sound: () => ({
      info,
      create: () => buffer,
      write: noop,
      read: async () => Float32Array.of(1, 2),
      compile: async () => ({ label: 'x', inputs: [], outputs: [], release: async () => undefined }),
      submit: async () => ({ out: buffer }),
      release: noop,
      memory: () => ({ buffers: 0, bytes: 0 }),
      dispose: async () => undefined,
    }),
    calls: {
      create: () => [[2], 'f32'],
      write: () => [buffer, Float32Array.of(1)],
      read: () => [buffer],
      compile: () => [graph, { label: 'x' }],
      submit: () => [{ outputs: [{ name: 'out' }] }, {}],
      release: () => [buffer],
      memory: () => [],
    },
  },
  environment: {
    contract: slotContracts.environment,
    sound: () => ({ moduleUrl: 'file:///e.js', settings: {} }),
    calls: {},
  },
  'environment pool': {
    contract: environmentPool,
    sound: () => ({
      stop: ['='],
      maxTurns: 2,
      stats: {},
      step: async () => ({ done: true }),
      dispose: async () => undefined,
    }),
    calls: { step: () => [{ index: 0, episode: 0, problem, key: [1, 0], actions: [] }], dispose: () => [] },
  },
  reward: {
    contract: slotContracts.reward,
    sound: () => ({ moduleUrl: 'file:///r.js', settings: {} }),
    calls: {},
  },
  'reward pool': {
    contract: rewardPool,
    sound: () => ({
      stats: {},
      grade: async () => [],
      check: async () => [{ gradable: true }],
      dispose: async () => undefined,
    }),
    calls: { grade: () => [[]], check: () => [[problem]], dispose: () => [] },
  },
  metrics: {
    contract: slotContracts.metrics,
    sound: () => ({
      name: 'm',
      record: noop,
      rollouts: noop,
      iterationEnd: () => ({ checkpoint: true }),
      state: () => ({ n: 1 }),
      restore: noop,
    }),
    calls: {
      record: () => [{ reward: 1, stopReasons: { stop: 1 } }],
      rollouts: () => [{ iteration: 1, records: [{ rollout: { ...rollout, responseTokens: Int32Array.of(2) } }] }],
      iterationEnd: () => [{ iteration: 1, metrics: { reward: 1 } }],
      state: () => [],
      restore: () => [{ n: 1 }],
    },
  },
  collector: {
    contract: loopContracts.collector,
    sound: () => ({ collect: async () => graded }),
    calls: { collect: () => [{ problems: [problem], samples: 1, iteration: 1 }] },
  },
  scorer: {
    contract: loopContracts.scorer,
    sound: () => ({ score: async () => scored }),
    calls: { score: () => [structuredClone(graded), 1] },
  },
  estimator: {
    contract: loopContracts.estimator,
    sound: () => ({ estimate: async () => estimated }),
    calls: { estimate: () => [structuredClone(scored), 1] },
  },
  updater: {
    contract: loopContracts.updater,
    sound: () => ({ update: async () => report }),
    calls: { update: () => ['policy', structuredClone(estimated), 1] },
  },
  evaluator: {
    contract: loopContracts.evaluator,
    sound: () => ({ evaluate: async () => ({ reports: {}, samples: [] }) }),
    calls: { evaluate: () => [{ limit: 1 }] },
  },
  recorder: {
    contract: loopContracts.recorder,
    sound: () => ({ record: async () => ({}), recordEvaluation: async () => undefined }),
    calls: {
      record: () => [{ reward: 1 }, { batch: structuredClone(estimated) }],
      recordEvaluation: () => ['set', structuredClone(graded)],
    },
  },
  checkpointer: {
    contract: loopContracts.checkpointer,
    sound: () => ({
      pending: false,
      beginBase: async () => undefined,
      saveBaseEvaluation: async () => undefined,
      begin: async () => undefined,
      saveFinal: async () => undefined,
      settle: async () => undefined,
    }),
    calls: {
      beginBase: () => [],
      saveBaseEvaluation: () => [{}],
      begin: () => [undefined],
      saveFinal: () => [{}],
      settle: () => [],
    },
  },
};

/** What is compared between an engine at a server and the local one; see server.mjs. */
import { createKlLoss } from '../../dist/plugins/kl/loss-term.js';
import { createPpoClip } from '../../dist/plugins/loss-ppo/plugin.js';
import { createValueLoss } from '../../dist/plugins/loss-value/plugin.js';
import { add } from '../../dist/core/compute/tensor/ops.js';
import { exampleBatch } from './server-batch.mjs';

/**
 * @typedef {import('../../dist/core/contracts/engine.js').Engine} Engine
 * @typedef {import('../../dist/core/contracts/model.js').Model} Model
 * @typedef {import('../../dist/core/contracts/loss.js').Loss} Loss
 * @typedef {import('../../dist/core/contracts/model.js').TrainingSequence} TrainingSequence
 * @typedef {import('../../dist/plugins/engine-tinker/settings.js').TinkerSettings} TinkerSettings
 * @typedef {(path: string) => Promise<Map<string, import('../../dist/core/contracts/model.js').NamedTensor>>} WeightsAt
 * @typedef {'policy' | 'critic'} Role
 */

const ppo = createPpoClip();
const value = createValueLoss({ valueClipEps: 0.2 });
/** A loss that no server knows, since it has another name: it is differentiated on this side. */
const ownPpo = /** @type {Loss} */ ({ ...ppo, name: 'ppo of the user' });
const kl = createKlLoss({ coefficient: 0.1 });
const withKl = /** @type {Loss} */ ({
  name: 'ppo with KL',
  settings: {},
  build: (g, t) => {
    const { loss } = ppo.build(g, t);
    return { loss: kl.loss ? add(loss, kl.loss(g, t)) : loss };
  },
});

/** No weight changes by more than this in a step. */
const learningRate = 1e-4;
const maxGradNorm = 1;

/**
 * @param {{ readonly remote: Engine, readonly local: Engine }} engines
 * @param {TinkerSettings} settings
 * @param {{ readonly base: import('../../dist/core/contracts/model-source.js').BaseModel, weightsAt: WeightsAt }} model
 * @returns {Promise<string[][]>} rows: what, server, local engine, difference
 */
export async function compareServer({ remote, local }, settings, { base, weightsAt }) {
  /** @type {string[][]} */
  const rows = [];
  const say = (/** @type {string[]} */ ...row) => {
    rows.push(row);
    console.error(row.join('   '));
  };
  const states = remote.states;
  if (!states) throw new Error('The engine keeps no states');
  const saved = async () => {
    const reference = await states.save('comparison');
    return {
      policy: await weightsAt(reference['policy'] ?? ''),
      critic: await weightsAt(reference['critic'] ?? ''),
    };
  };
  // The server draws a value head of its own.
  const { critic } = await saved();
  await modelOf(local).tensors?.importWeights(critic.values());

  const sequences = await exampleBatch(local, base.config.vocabSize);
  await compareScores(remote, local, { sequences, say, when: 'before a step' });
  const pairs = {
    policy: { remote: remote.policy, local: local.policy, loss: ppo },
    critic: { remote: modelOf(remote), local: modelOf(local), loss: value },
  };
  for (const [role, pair] of Object.entries(pairs)) {
    for (const cut of cuts) {
      const [at, here] = [
        await gradient(pair.remote, pair.loss, { sequences, cut, settings }),
        await gradient(pair.local, pair.loss, { sequences, cut: whole, settings }),
      ];
      say(`gradient norm of the ${role}, ${cut.name}`, text(at.norm), text(here.norm), relative(at.norm, here.norm));
      say(`loss of the ${role}, ${cut.name}`, text(at.loss), text(here.loss), relative(at.loss, here.loss));
    }
  }
  for (const [name, loss, other] of /** @type {[string, Loss, Loss][]} */ ([
    ['a copy of ppo under another name', ownPpo, ppo],
    ['ppo with a KL term', withKl, withKl],
  ])) {
    const at = await gradient(remote.policy, loss, { sequences, cut: whole, settings });
    const here = await gradient(local.policy, other, { sequences, cut: whole, settings });
    say(`gradient norm of ${name}`, text(at.norm), text(here.norm), relative(at.norm, here.norm));
  }
  for (const [i, cut] of cuts.entries()) {
    await stepAll(remote, { sequences, cut, settings });
    await stepAll(local, { sequences, cut: whole, settings });
    const weights = await saved();
    const steps = `after step ${i + 1}, ${cut.name}`;
    say(`weights of the policy ${steps}`, '', '', await apart(weights.policy, local.policy));
    say(`weights of the critic ${steps}`, '', '', await apart(weights.critic, modelOf(local)));
  }
  await compareScores(remote, local, { sequences, say, when: `after ${cuts.length} steps` });
  return rows;
}

const modelOf = (/** @type {Engine} */ { critic }) => {
  if (!critic) throw new Error('The engine has no critic');
  return critic;
};

/**
 * A batch as the server gets it: calls of `accumulate` for a policy, whose loss is a sum; requests for a critic.
 * @typedef {{ readonly name: string, readonly sequences: number }} Cut
 * @type {Cut}
 */
const whole = { name: 'in one piece', sequences: 1024 };
/** @type {readonly Cut[]} */
const cuts = [whole, { name: 'in pieces of 4', sequences: 4 }, { name: 'in pieces of 2', sequences: 2 }];

/**
 * @typedef {{ sequences: readonly TrainingSequence[], cut: Cut, settings: TinkerSettings }} Batch
 * @param {Model} model @param {Loss} loss @param {Batch} batch
 */
async function accumulate(model, loss, { sequences, cut, settings }) {
  if (model.role === 'critic') {
    settings.maxChunkDatums = cut.sequences;
    return (await model.accumulate(sequences, loss)).loss;
  }
  let total = 0;
  for (let from = 0; from < sequences.length; from += cut.sequences)
    total += (await model.accumulate(sequences.slice(from, from + cut.sequences), loss)).loss;
  return total;
}

/**
 * Norm and loss without a change of the weights.
 * @param {Model} model @param {Loss} loss @param {Batch} batch
 */
async function gradient(model, loss, batch) {
  const total = await accumulate(model, loss, batch);
  const { gradNorm } = await model.step({ learningRate: 0, maxGradNorm });
  return { norm: gradNorm, loss: total };
}

/** @param {Engine} engine @param {Batch} batch */
async function stepAll(engine, batch) {
  for (const [model, loss] of /** @type {[Model, Loss][]} */ ([
    [engine.policy, ppo],
    [modelOf(engine), value],
  ])) {
    await accumulate(model, loss, batch);
    await model.step({ learningRate, maxGradNorm });
  }
}

/**
 * @param {Engine} remote @param {Engine} local
 * @param {{ sequences: readonly TrainingSequence[], say: (...row: string[]) => void, when: string }} options
 */
async function compareScores(remote, local, { sequences, say, when }) {
  const [logprobs, ours] = [await remote.policy.forward(sequences), await local.policy.forward(sequences)];
  say(`log-probabilities ${when}`, '', '', text(farthest(ours, logprobs, 'logprobs')));
  const [values, here] = [await modelOf(remote).forward(sequences), await modelOf(local).forward(sequences)];
  say(`values ${when}`, '', '', text(farthest(here, values, 'values')));
}

/**
 * @typedef {import('../../dist/core/contracts/model.js').TokenScores} TokenScores
 * @param {readonly TokenScores[]} a @param {readonly TokenScores[]} b @param {'logprobs' | 'values'} name
 */
function farthest(a, b, name) {
  let most = 0;
  for (const [i, row] of a.entries()) {
    const other = b[i]?.[name] ?? new Float32Array();
    for (const [t, x] of (row[name] ?? new Float32Array()).entries())
      most = Math.max(most, Math.abs(x - (other[t] ?? NaN)));
  }
  return most;
}

/**
 * The largest difference of a weight.
 * @param {Awaited<ReturnType<WeightsAt>>} weights @param {Model} model
 */
async function apart(weights, model) {
  if (!model.tensors) throw new Error('The local engine lends its tensors');
  let most = 0;
  for await (const { name, data } of model.tensors.exportWeights()) {
    const other = weights.get(name)?.data;
    if (other?.length !== data.length) throw new Error(`The server has no ${name} of ${data.length} numbers`);
    for (const [i, x] of data.entries()) most = Math.max(most, Math.abs(x - (other[i] ?? NaN)));
  }
  return text(most);
}

const text = (/** @type {number} */ x) => (Math.abs(x) < 1e-3 && x !== 0 ? x.toExponential(1) : x.toPrecision(7));
const relative = (/** @type {number} */ a, /** @type {number} */ b) => `${text(Math.abs(a / b - 1))} (relative)`;

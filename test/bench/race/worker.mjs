/** The race's process of this project. Reads requests as lines of JSON, answers each with one. */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { decoderParameters } from '../../../dist/core/compute/nn/parameters.js';
import { add, matmul, sum } from '../../../dist/core/compute/tensor/ops.js';
import { toHuggingFaceConfig } from '../../../dist/core/model-files/hugging-face-config.js';
import { writeSafetensors } from '../../../dist/core/model-files/safetensors.js';
import { createPpoClip } from '../../../dist/plugins/loss-ppo/plugin.js';
import { baseWeights, openEngine } from '../engines.mjs';
import { openMachine, prepared } from '../machine.mjs';
import { seconds, spread } from '../measure.mjs';
import { networks } from './cases.mjs';

/** @typedef {import('./cases.mjs').NetworkName} NetworkName */
/** @typedef {import('./products.mjs').Product} Product */
/** @typedef {Awaited<ReturnType<typeof openEngine>>} Engine */

const machine = await openMachine(1);
const loss = createPpoClip();
/** @type {{ network: NetworkName, engine: Engine } | undefined} */
let open;

/** The engine of a network; one at a time, for the large ones fill the memory. @param {NetworkName} network */
async function engineOf(network) {
  if (open?.network !== network) {
    await open?.engine.dispose();
    open = { network, engine: await openEngine(machine.backend, networks[network]) };
    await open.engine.sampler.sync(open.engine.policy);
  }
  return open.engine;
}

/** @param {Engine} engine the policy of which has weights in this process */
function tensorsOf({ policy }) {
  if (!policy.tensors) throw new Error('the engine keeps its weights to itself');
  return policy.tensors;
}

/** The engine with the weights of the folder, and without moments. @param {NetworkName} network */
async function startAgain(network) {
  const engine = await engineOf(network);
  const tensors = tensorsOf(engine);
  await tensors.importWeights(baseWeights(networks[network]));
  tensors.resetOptimizer();
  await engine.sampler.sync(engine.policy);
  return engine;
}

/** Writes a network with its weights as a Hugging Face folder. @param {{ network: NetworkName, folder: string }} q */
async function writeFolder({ network, folder }) {
  const config = networks[network];
  mkdirSync(folder, { recursive: true });
  const facts = /** @type {const} */ ({ head: 'language', dtype: 'f32', endTokens: [] });
  writeFileSync(join(folder, 'config.json'), JSON.stringify(toHuggingFaceConfig(config, facts)));
  const file = openSync(join(folder, 'model.safetensors'), 'w');
  for await (const chunk of writeSafetensors(decoderParameters(config, 'language'), baseWeights(config)))
    for (let from = 0; from < chunk.byteLength;) from += writeSync(file, chunk, from, chunk.byteLength - from);
  closeSync(file);
  return {};
}

/**
 * What the PPO loss reads: the old policy is uniform, every other sequence was a success.
 * @param {{ network: NetworkName, sequences: number[][], promptLength: number }} q
 */
function trainingSequences({ network, sequences, promptLength }) {
  const count = sequences.reduce((sum, { length }) => sum + length - promptLength, 0);
  return sequences.map((tokens, s) => {
    const filled = (/** @type {number} */ value) => new Float32Array(tokens.length - promptLength).fill(value);
    return {
      tokens: Int32Array.from(tokens),
      promptLength,
      weights: filled(1 / count),
      inputs: { oldLogprobs: filled(-Math.log(networks[network].vocabSize)), advantages: filled(s % 2 === 0 ? 1 : -1) },
    };
  });
}

/** @param {Float32Array} a @param {Float32Array} b */
const squaredDistance = (a, b) => a.reduce((sum, x, i) => sum + (x - (b[i] ?? NaN)) ** 2, 0);

/** @type {Record<string, (q: any) => Promise<object>>} */
const commands = {
  folder: writeFolder,
  async rate() {
    return { rate: await machine.matmulRate() };
  },
  /** @param {{ products: readonly Product[] }} q */
  async products({ products }) {
    let total = 0;
    for (const product of products) total += product.count * (await secondsOf(product));
    return { seconds: total };
  },
  /** Loss and gradient norm at the weights of the folder, and how far one step from there moves all parameters. */
  async checkTraining(q) {
    const engine = await startAgain(q.network);
    const report = await engine.policy.accumulate(trainingSequences(q), loss);
    const { gradNorm } = await engine.policy.step({ learningRate: 1e-4, maxGradNorm: 1 });
    const before = baseWeights(networks[/** @type {NetworkName} */ (q.network)]);
    let moved = 0;
    for await (const { data } of tensorsOf(engine).exportWeights())
      moved += squaredDistance(data, before.next().value?.data ?? data);
    await startAgain(q.network);
    return { loss: report.loss, gradNorm, moved: Math.sqrt(moved) };
  },
  async train(q) {
    const { policy } = await engineOf(q.network);
    const sequences = trainingSequences(q);
    const passes = await seconds(() => policy.accumulate(sequences, loss));
    const optimizer = await seconds(() => policy.step({ learningRate: 1e-6, maxGradNorm: 1 }));
    return { seconds: passes + optimizer, optimizer };
  },
  async optimizer(q) {
    const { policy } = await engineOf(q.network);
    await policy.accumulate(trainingSequences(q), loss);
    return { seconds: await seconds(() => policy.step({ learningRate: 1e-6, maxGradNorm: 1 })) };
  },
  /** Sequences with the log-probabilities that the sampler reports, for the others to compute too. */
  async checkSampling(q) {
    await startAgain(q.network);
    const [done] = (await sample({ ...q, prompts: q.prompts.slice(0, 1), count: 1 })).completions;
    if (!done) throw new Error('nothing was sampled');
    return { tokens: [...q.prompts[0], ...done.tokens], logprobs: [...done.logprobs] };
  },
  async sample(q) {
    const { completions, ...measured } = await sample(q);
    return { ...measured, tokens: completions.reduce((sum, { tokens }) => sum + tokens.length, 0) };
  },
};

/**
 * Seconds of one product. Small ones stand in one program many times, so that calling the program costs nothing; rows
 * are summed, so that nothing large leaves it.
 * @param {Product} product
 */
async function secondsOf({ m, k, n, kind }) {
  const copies = Math.min(64, Math.ceil(1e8 / (m * k * n)));
  const run = await prepared(machine.backend, 'product', (g) => {
    const a = g.input('a', kind === 'AᵀB' ? [k, m] : [m, k]);
    const forms = { transA: kind === 'AᵀB', transB: kind === 'ABᵀ' };
    const sums = Array.from({ length: copies }, (_, i) =>
      sum(matmul(a, g.input(`b${i}`, kind === 'ABᵀ' ? [n, k] : [k, n]), forms), [1]),
    );
    return sums.reduce((x, y) => add(x, y));
  });
  await run();
  const times = [];
  for (let i = 0; i < 3; i++) times.push(await seconds(run));
  return spread(times).median / copies;
}

/** @param {{ network: NetworkName, prompts: number[][], count: number, responseLength: number }} q */
async function sample({ network, prompts, count, responseLength }) {
  const { sampler } = await engineOf(network);
  const settings = { temperature: 1, topP: 1, topK: 0, maxResponseTokens: responseLength, stop: [], stopTokens: [] };
  const requests = prompts.map((tokens, r) => ({ promptTokens: Int32Array.from(tokens), count, settings, key: [r] }));
  const start = performance.now();
  const completions = await sampler.sample(requests);
  return { seconds: (performance.now() - start) / 1000, completions };
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  const before = process.cpuUsage();
  let answer;
  try {
    const command = commands[request.command];
    if (!command) throw new Error(`no command ${request.command}`);
    answer = await command(request);
  } catch (error) {
    answer = { error: error instanceof Error ? error.message : String(error) };
  }
  const { user, system } = process.cpuUsage(before);
  console.log(JSON.stringify({ ...answer, cpu: (user + system) / 1e6 }));
}
await open?.engine.dispose();
await machine.dispose();

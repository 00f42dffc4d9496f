/** One piece of work, raced by all that can do it. */
import { someTokens } from '../engines.mjs';
import { spread } from '../measure.mjs';
import { trainingOperations } from '../networks.mjs';
import { agree } from './agree.mjs';
import { networks } from './cases.mjs';
import { productsOf } from './products.mjs';

/** @typedef {import('./cases.mjs').Case} Case */
/** @typedef {import('./lane.mjs').Lane} Lane */
/** @typedef {import('./report.mjs').Outcome} Outcome */
/** @typedef {import('./workers.mjs').Worker} Worker */

/** What every worker is asked for in a case. @param {Case} work @param {string} folder */
function requestOf(work, folder) {
  const { vocabSize } = networks[work.network];
  const texts = (/** @type {readonly number[]} */ lengths) =>
    lengths.map((length, s) => [...someTokens(length, vocabSize, s)]);
  const { network, command, promptLength } = work;
  if (command !== 'sample')
    return { command, network, folder, promptLength, rowLength: work.rowLength, sequences: texts(work.lengths ?? []) };
  const count = Math.min(work.batch ?? 1, 16);
  const prompts = texts(Array.from({ length: (work.batch ?? 1) / count }, () => promptLength));
  return { command, network, folder, promptLength, prompts, count, responseLength: work.responseLength };
}

/**
 * @param {Lane} lane
 * @param {Case} work
 * @param {{ readonly repeats: number, readonly say: (line: string) => void }} options
 * @returns {Promise<Outcome>}
 */
export async function raceCase(lane, work, { repeats, say }) {
  say(work.label);
  const request = requestOf(work, await lane.folderOf(work.network));
  const racers = work.peers.map((peer) => ({
    ...peer,
    worker: lane.peers[peer.worker],
    reason: lane.reasons[peer.worker],
    request: { ...request, form: peer.form },
    seconds: /** @type {number[]} */ ([]),
  }));
  const able = [];
  for (const racer of racers) {
    if (!racer.worker) continue;
    racer.reason = await agree(lane.ours, racer.worker, { ours: request, theirs: racer.request }).catch(
      (/** @type {unknown} */ error) => `it failed (${String(error).trim().split('\n').at(-1)})`,
    );
    if (racer.reason === undefined) able.push({ ...racer, worker: racer.worker });
    else say(`${racer.label}: ${racer.reason}`);
  }
  /** @type {number[]} */
  const ours = [],
    rates = [];
  const timed = [{ worker: lane.ours, request, seconds: ours }, ...able];
  for (const racer of timed) await racer.worker.ask({ ...racer.request, ...warmUp(work) });
  for (let round = 0; round < Math.max(2, Math.round((work.rounds * repeats) / 5)); round++) {
    rates.push((await lane.ours.ask({ command: 'rate' })).rate);
    for (const racer of timed) racer.seconds.push(await middle(racer.worker, racer.request, work.repeat));
  }
  const peers = racers.map(({ label, goal, seconds, reason }) => ({ label, goal, seconds, reason }));
  return { label: work.label, ours, rates, peers, products: await timeProducts(lane, work), ...amountOf(work) };
}

/** The products of the work alone, by this project and by PyTorch. @param {Lane} lane @param {Case} work */
async function timeProducts({ ours, peers }, work) {
  const products = productsOf(work, networks[work.network]);
  if (products.length === 0) return undefined;
  const request = { command: 'products', products };
  return { ours: (await ours.ask(request)).seconds, theirs: (await peers.torch?.ask(request))?.seconds };
}

/** A short response warms up a sampler as well as a long one. @param {Case} work */
const warmUp = ({ command, repeat }) => (command === 'sample' && repeat === 1 ? { responseLength: 4 } : {});

/** @param {Worker} worker @param {object} request @param {number} repeat */
async function middle(worker, request, repeat) {
  const times = [];
  for (let i = 0; i < repeat; i++) times.push((await worker.ask(request)).seconds);
  return spread(times).median;
}

/**
 * Tokens and operations of one measurement; operations of training alone, whose time products decide.
 * @param {Case} work
 */
function amountOf({ network, command, lengths = [], batch = 0, responseLength = 0, goalShare }) {
  if (command === 'optimizer') return {};
  if (command === 'sample') return { tokens: batch * responseLength };
  return {
    tokens: lengths.reduce((a, b) => a + b, 0),
    operations: trainingOperations(networks[network], lengths),
    goalShare,
  };
}

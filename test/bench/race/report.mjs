/** The race as tables: ratios round by round, goals beside them, a reason for everything that did not race. */
import { figure, percent, range, spread } from '../measure.mjs';

/** @typedef {import('../measure.mjs').Spread} Spread */
/** @typedef {import('../table.mjs').Report} Report */

/**
 * One peer at one piece of work. `seconds`: of each round; empty with a `reason`.
 * @typedef {object} PeerTimes
 * @property {string} label
 * @property {number | undefined} [goal] least ratio
 * @property {readonly number[]} seconds
 * @property {string | undefined} [reason] why it did not race
 */
/**
 * @typedef {object} Outcome
 * @property {string} label of the work
 * @property {readonly number[]} ours seconds of each round
 * @property {number | undefined} [tokens] of one measurement
 * @property {number | undefined} [operations] of one measurement
 * @property {readonly number[] | undefined} [rates] operations per second of a matrix product, of each round
 * @property {number | undefined} [goalShare] least share of that rate
 * @property {{ readonly ours: number, readonly theirs: number | undefined } | undefined} [products] seconds of the
 *   matrix products of one measurement alone, here and in PyTorch
 * @property {Readonly<Record<string, number>> | undefined} [phases] seconds of what one measurement consists of
 * @property {readonly PeerTimes[]} peers
 */

/**
 * How many times as long the peer takes, round by round: whatever else the machine does then weighs on both.
 * @param {readonly number[]} ours
 * @param {readonly number[]} theirs of the same rounds
 */
export const ratios = (ours, theirs) => theirs.map((seconds, round) => seconds / (ours[round] ?? NaN));

/** @param {number} reached @param {number | undefined} goal */
export const verdict = (reached, goal) => (goal === undefined ? '' : reached >= goal ? 'met' : 'missed');

/** Below a tenth a ratio needs its second digit. @param {number} ratio */
const asRatio = (ratio) => ratio.toFixed(ratio < 10 ? 2 : 0);

/** @param {Outcome} outcome @returns {string[][]} */
export function ratioRows({ label, ours, peers }) {
  return peers.map((peer) => {
    if (peer.reason !== undefined) return [label, peer.label, '', '', 'not raced', peer.goal?.toFixed(1) ?? '', ''];
    const found = spread(ratios(ours, peer.seconds));
    return [
      label,
      peer.label,
      range(spread(ours), figure),
      range(spread(peer.seconds), figure),
      range(found, asRatio),
      peer.goal?.toFixed(1) ?? '',
      verdict(found.median, peer.goal),
    ];
  });
}

/** @param {Outcome} outcome @returns {string[][]} */
export function shareRows({ label, ours, tokens, operations, rates, goalShare }) {
  if (operations === undefined || rates === undefined || tokens === undefined) return [];
  const shares = spread(ours.map((seconds, round) => operations / seconds / (rates[round] ?? NaN)));
  return [
    [
      label,
      range(spread(ours.map((seconds) => tokens / seconds)), figure),
      figure(spread(ours.map((seconds) => operations / seconds / 1e9)).median),
      figure(spread(rates).median / 1e9),
      range(shares, percent),
      goalShare === undefined ? '' : percent(goalShare),
      verdict(shares.median, goalShare),
    ],
  ];
}

/**
 * How far the products alone would come: time of each racer over that of the products here, at best.
 * @param {Outcome} outcome
 * @returns {string[][]}
 */
export function floorRows({ label, ours, peers, products }) {
  if (products === undefined) return [];
  const raced = peers.filter(({ seconds }) => seconds.length > 0);
  return raced.map((peer) => {
    const theirs = spread(peer.seconds).median;
    const most = theirs / products.ours;
    return [
      label,
      peer.label,
      figure(spread(ours).median),
      figure(products.ours),
      products.theirs === undefined ? '' : figure(products.theirs),
      asRatio(most),
      peer.goal?.toFixed(1) ?? '',
      peer.goal !== undefined && most < peer.goal ? 'out of reach' : '',
    ];
  });
}

/** What a whole iteration consists of. @param {Outcome} outcome @returns {string[][]} */
export function phaseRows({ label, phases }) {
  const total = Object.values(phases ?? {}).reduce((a, b) => a + b, 0);
  return Object.entries(phases ?? {}).map(([phase, took]) => [label, phase, figure(took), percent(took / total)]);
}

/** One line for each reason, with all that it kept from racing. @param {readonly Outcome[]} outcomes */
export function reasons(outcomes) {
  /** @type {Map<string, Set<string>>} */
  const found = new Map();
  for (const { peers } of outcomes)
    for (const { label, reason } of peers)
      if (reason !== undefined) found.set(reason, (found.get(reason) ?? new Set()).add(label));
  return [...found].map(([reason, labels]) => `Not raced: ${[...labels].join('; ')}: ${reason}.`);
}

/**
 * @param {readonly Outcome[]} outcomes
 * @param {{ readonly machine: string, readonly versions: string, readonly notes: readonly string[] }} facts
 * @returns {Report[]}
 */
export function raceReports(outcomes, { machine, versions, notes }) {
  return [
    {
      name: 'race',
      title: 'The race',
      columns: ['work', 'peer', 'ours, s', 'peer, s', 'ratio', 'goal', ''],
      rows: outcomes.flatMap(ratioRows),
      notes: [...reasons(outcomes), ...notes, `${versions}.`, `Measured on ${machine}.`],
    },
    {
      name: 'race-shares',
      title: 'Ours as a share of the matrix rate',
      columns: ['work', 'tokens/s', 'GFLOP/s', 'matrix rate, GFLOP/s', 'share', 'goal', ''],
      rows: outcomes.flatMap(shareRows),
      notes: [
        'Matrix rate: a product of 1024 × 4096 with 4096 × 1024 through the ONNX backend in the same round and ' +
          'process. Operations as in the tables of speed: padding and what is computed twice are not counted.',
      ],
    },
    {
      name: 'race-floors',
      title: 'The floor: matrix products alone',
      columns: ['work', 'peer', 'ours, s', 'products, s', "PyTorch's products, s", 'ratio at the floor', 'goal', ''],
      rows: outcomes.flatMap(floorRows),
      notes: [
        'Products: those of the blocks and the head in the shapes of the work, without attention, each alone through ' +
          "the ONNX backend and through PyTorch. Ratio at the floor: the peer's whole time over our products alone, " +
          'as if all else cost nothing.',
      ],
    },
    {
      name: 'race-phases',
      title: 'What an iteration of ours consists of',
      columns: ['work', 'phase', 'seconds', 'share'],
      rows: outcomes.flatMap(phaseRows),
      notes: ['Medians over the counted iterations of the last turn.'],
    },
  ];
}

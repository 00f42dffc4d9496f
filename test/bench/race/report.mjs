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
  ];
}

/** The outcome of many kills as markdown. */

/**
 * @typedef {object} Kill
 * @property {'run process' | 'terminal process' | 'both'} victim
 * @property {string} moment what the run was doing
 * @property {number} recorded iterations whose metrics were written
 * @property {number} saved iterations in the newest numbered checkpoint
 * @property {number} orphanSeconds how long the run process lived on without its terminal
 */

const victims = /** @type {const} */ (['run process', 'terminal process', 'both']);

/**
 * @param {readonly Kill[]} kills
 * @param {readonly import('./compare-runs.mjs').Comparison[]} comparison
 */
export function killsTable(kills, comparison) {
  const moments = [...new Set(kills.map(({ moment }) => moment))].sort();
  const count = (/** @type {(kill: Kill) => boolean} */ of) => String(kills.filter(of).length);
  const rows = moments.map((moment) => [
    moment,
    ...victims.map((victim) => count((kill) => kill.moment === moment && kill.victim === victim)),
    count((kill) => kill.moment === moment),
  ]);
  rows.push(['**all**', ...victims.map((victim) => count((kill) => kill.victim === victim)), String(kills.length)]);
  const repeated = kills.reduce((sum, { recorded, saved }) => sum + Math.max(0, recorded - saved), 0);
  const longest = Math.max(0, ...kills.map(({ orphanSeconds }) => orphanSeconds));
  return [
    table([['killed while', ...victims, 'kills'], ...rows]),
    '',
    table([
      ['compared with the unbroken run', 'equal', ''],
      ...comparison.map(({ what, equal, detail }) => [what, equal ? 'yes' : '**no**', detail]),
    ]),
    '',
    `${kills.length} kills; ${repeated} recorded iterations were cut back and done again; without its terminal ` +
      `process the run process lived at most ${longest.toFixed(1)} s.`,
  ].join('\n');
}

/** @param {readonly (readonly string[])[]} rows the first is the head */
function table([head = [], ...rows]) {
  return [head, head.map((_, c) => (c === 0 ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

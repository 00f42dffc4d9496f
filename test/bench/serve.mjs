/**
 * Pairs per second of `orz-train serve-reward`, a process of its own, and how long a request takes while 2,000 are in
 * flight.
 */
import { spawn } from 'node:child_process';
import { Agent, request } from 'node:http';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { createJiti } from 'jiti';
import { figure, range, spread } from './measure.mjs';

const program = fileURLToPath(new URL('../../cli/setup/orz-train.mjs', import.meta.url));
const inFlight = 2_000;

/** Ways to send the pairs: in requests of so many each, over so many connections. */
const ways = [
  { label: 'one a request', perRequest: 1, connections: 64 },
  { label: '100 a request', perRequest: 100, connections: 20 },
  { label: 'all in one request', perRequest: inFlight, connections: 1 },
];

/**
 * @param {{ readonly repeats: number, readonly say: (line: string) => void }} options
 * @returns {Promise<import('./table.mjs').Report>}
 */
export async function measureServing({ repeats, say }) {
  say('starting the reward server');
  const server = await startServer();
  const items = await someItems(inFlight);
  const rows = [];
  try {
    for (const { label, perRequest, connections } of ways) {
      say(`serving ${inFlight} pairs, ${label}`);
      const rounds = [];
      // The first round is not counted: threads and connections are opened in it.
      for (let round = 0; round <= repeats; round++)
        rounds.push(await sendAll(server.url, items, { perRequest, connections }));
      const counted = rounds.slice(1);
      rows.push([
        label,
        range(spread(counted.map(({ seconds }) => items.length / seconds)), figure),
        figure(
          quantile(
            counted.flatMap(({ times }) => times),
            0.5,
          ),
        ),
        figure(
          quantile(
            counted.flatMap(({ times }) => times),
            0.99,
          ),
        ),
      ]);
    }
  } finally {
    server.stop();
  }
  return {
    name: 'serve',
    title: `${inFlight} answers in flight, ${availableParallelism()} threads`,
    columns: ['pairs sent', 'pairs per second', 'p50, ms', 'p99, ms'],
    rows,
    notes: [
      'From sending a request to having its answer; waiting for a connection is not counted.',
      'Client and server share the machine; threads grade on all of its cores.',
    ],
  };
}

/** @returns {Promise<{ readonly url: string, stop(): void }>} */
function startServer() {
  const child = spawn(process.execPath, [program, 'serve-reward', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
      const url = /^(http:\S+)\n[^]*Ctrl-C/.exec(output)?.[1];
      if (url !== undefined) resolve({ url, stop: () => child.kill() });
    });
    child.once('exit', (code) => {
      reject(new Error(`serve-reward ended with ${code}: ${output}`));
    });
  });
}

/** @param {number} count */
async function someItems(count) {
  const { corpusPairs } = /** @type {{ corpusPairs: () => Iterable<{ gold: string, prediction: string }> }} */ (
    await createJiti(import.meta.url).import('../plugins/reward-math/corpus.ts')
  );
  const pairs = [...corpusPairs()];
  return Array.from({ length: count }, (_, k) => {
    const { gold, prediction } = /** @type {{ gold: string, prediction: string }} */ (pairs[k % pairs.length]);
    return { gold, response: `<answer>\\boxed{${prediction}}</answer>` };
  });
}

/**
 * @param {string} url
 * @param {readonly object[]} items
 * @param {{ readonly perRequest: number, readonly connections: number }} way
 */
async function sendAll(url, items, { perRequest, connections }) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const bodies = Array.from({ length: Math.ceil(items.length / perRequest) }, (_, k) =>
    JSON.stringify({ items: items.slice(k * perRequest, (k + 1) * perRequest) }),
  );
  const start = performance.now();
  const times = await Promise.all(bodies.map((body) => send(`${url}grade`, body, agent)));
  const seconds = (performance.now() - start) / 1000;
  agent.destroy();
  return { seconds, times };
}

/**
 * Milliseconds from the connection to the end of the answer.
 * @param {string} url
 * @param {string} body
 * @param {Agent} agent
 * @returns {Promise<number>}
 */
function send(url, body, agent) {
  return new Promise((resolve, reject) => {
    let start = 0;
    const sent = request(url, { method: 'POST', agent }, (response) => {
      response.resume().once('end', () => {
        if (response.statusCode === 200) resolve(performance.now() - start);
        else reject(new Error(`status ${response.statusCode}`));
      });
    });
    sent.once('socket', () => {
      start = performance.now();
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

/** @param {readonly number[]} values @param {number} share */
function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

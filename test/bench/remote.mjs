/**
 * What the way to a server costs: one iteration of 8,192 responses of 200 tokens on a model of some thousand
 * parameters, at `orz-train serve` and in one process. The arithmetic is the same, so the difference is the controller,
 * the wire and the server's own work.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createFolderStorage } from '../../dist/cli/platform/storage.js';
import { decoderParameters } from '../../dist/core/compute/nn/parameters.js';
import { saveModelFolder } from '../../dist/core/model-files/save-model-folder.js';
import { createArithmeticTokenizer } from '../../dist/plugins/task-arithmetic/tokenizer.js';
import { baseWeights } from './engines.mjs';
import { figure } from './measure.mjs';

const program = fileURLToPath(new URL('../../cli/setup/orz-train.mjs', import.meta.url));
const client = fileURLToPath(new URL('remote-client.mjs', import.meta.url));
const responses = 8192;
const tokensEach = 200;

/** @type {import('../../dist/core/compute/nn/config.js').DecoderConfig} */
const config = {
  vocabSize: 32,
  hiddenSize: 16,
  layers: 1,
  heads: 2,
  kvHeads: 1,
  headDim: 8,
  intermediateSize: 32,
  rmsNormEps: 1e-6,
  ropeTheta: 1e4,
  attentionBias: 'qkv',
  qkNorm: false,
  tieWordEmbeddings: false,
  maxPositions: 256,
};

/**
 * @typedef {object} ClientFigures
 * @property {Readonly<Record<'sample' | 'score' | 'update' | 'tokens', number>>} spent
 * @property {number} processorSeconds
 * @property {number} peakBytes
 * @property {import('../../dist/core/contracts/engine.js').ServerCosts} [costs]
 */

/**
 * @param {{ readonly say: (line: string) => void }} options
 * @returns {Promise<import('./table.mjs').Report>}
 */
export async function measureRemote({ say }) {
  const folder = mkdtempSync(join(tmpdir(), 'orz-bench-'));
  await saveModel(folder);
  const model = join(folder, 'model');
  say('starting orz-train serve');
  const server = await startServer(folder, model);
  try {
    say(`${responses.toLocaleString('en')} responses at the server`);
    const [few, remote] = [
      await clientRun(model, responses / 8, server.url),
      await clientRun(model, responses, server.url),
    ];
    say('the same in one process');
    return reportOf(few, remote, await clientRun(model, responses));
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}

/** @param {string} folder */
async function saveModel(folder) {
  const tokenizer = createArithmeticTokenizer();
  const tensors = {
    weightShapes: decoderParameters(config, 'language'),
    exportWeights: async function* () {
      yield* baseWeights(config);
    },
  };
  await saveModelFolder(createFolderStorage(folder), 'model', { role: 'policy', tensors }, { config, tokenizer });
}

/** @param {string} folder @param {string} model */
function startServer(folder, model) {
  const settings = ['model.type=huggingface', `model.path=${model}`, 'backend.provider=cpu'];
  const flags = ['serve', '--no-config', '--port', '0', '--folder', join(folder, 'served')];
  const child = spawn(process.execPath, [program, ...flags, ...settings.flatMap((setting) => ['--set', setting])], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  /** @returns {Promise<void>} */
  const stop = () =>
    new Promise((resolve) => {
      child.once('exit', () => {
        resolve();
      });
      child.kill();
    });
  return /** @type {Promise<{ url: string, stop: typeof stop }>} */ (
    new Promise((resolve, reject) => {
      let output = '';
      child.stdout.on('data', (chunk) => {
        output += chunk;
        const url = /(http:[\S]+\d)[^]*Ctrl-C/.exec(output)?.[1];
        if (url !== undefined) resolve({ url, stop });
      });
      child.once('exit', (code) => {
        reject(new Error(`serve ended with ${code}: ${output}`));
      });
    })
  );
}

/** @param {string} model @param {number} count @param {string[]} url @returns {Promise<ClientFigures>} */
async function clientRun(model, count, ...url) {
  const { stdout } = await promisify(execFile)(process.execPath, [
    client,
    model,
    String(count),
    String(tokensEach),
    ...url,
  ]);
  return JSON.parse(stdout);
}

/** @param {ClientFigures} few @param {ClientFigures} remote @param {ClientFigures} local */
function reportOf(few, remote, local) {
  const tokens = remote.spent.tokens;
  const total = (/** @type {ClientFigures} */ { spent: { sample, score, update } }) => sample + score + update;
  const each = (/** @type {number} */ s) => figure((s / tokens) * 1e6);
  const row = (/** @type {string} */ name, /** @type {(from: ClientFigures) => number} */ of) => [
    name,
    figure(of(remote)),
    figure(of(local)),
    each(of(remote) - of(local)),
  ];
  const bytes = (remote.costs?.counts['bytesSent'] ?? 0) + (remote.costs?.counts['bytesReceived'] ?? 0);
  return {
    name: 'remote',
    title: `an iteration of ${responses.toLocaleString('en')} responses of ${tokensEach} tokens, a step of each model`,
    columns: ['', 'at orz-train serve, s', 'in one process, s', 'difference, µs per response token'],
    rows: [
      row('sample', ({ spent }) => spent.sample),
      row('score', ({ spent }) => spent.score),
      row('update', ({ spent }) => spent.update),
      row('all', total),
      ['processor time of the client', figure(remote.processorSeconds), '', each(remote.processorSeconds)],
    ],
    notes: [
      `Client, peak memory: ${figure(remote.peakBytes / 1e6)} MB, with an eighth of the responses ` +
        `${figure(few.peakBytes / 1e6)} MB; on the wire: ${figure(bytes / tokens)} bytes per response token.`,
      'Client and server share the machine.',
    ],
  };
}

/**
 * `npm run results:server`: the engine of this project at a server of the Tinker API with a critic beside the local
 * engine, from the same model folder: scores, gradient norms of one batch that is cut in several ways, losses that only
 * this side knows, and weights after steps. Prints a table for docs/results.md.
 *
 *     npm run results:server -- --url http://127.0.0.1:8000 --server skyrl-fsdp --model FOLDER \
 *       --checkpoints FOLDER --python python3 [--data-parallel 1] [--critic-scale 64]
 *
 * The server has been started with the model, AdamW with betas 0.9 and 0.95 and no decay, a `max_grad_norm` of 1 for
 * the policy and 1 / critic-scale for the critic, and the critic fix that `orz-train cluster` writes. `--checkpoints`
 * is where it leaves checkpoints, for a Python with torch and safetensors (skyrl-checkpoint.py).
 */
import { parseArgs } from 'node:util';
import { openBackend } from '../../dist/cli/open-backend.js';
import { openUserFolder } from '../../dist/cli/platform/user-folder.js';
import { createLocalEngine, localEngineSettings } from '../../dist/core/compute/engine/local-engine.js';
import { loadModelFolder } from '../../dist/core/model-files/model-folder.js';
import { createRandom } from '../../dist/core/random.js';
import { createTinkerEngine } from '../../dist/plugins/engine-tinker/engine.js';
import { tinkerSettings } from '../../dist/plugins/engine-tinker/settings.js';
import { createAdamW } from '../../dist/plugins/optimizer-adamw/plugin.js';
import { compareServer } from './server-comparison.mjs';
import { checkpointReader } from './server-checkpoint.mjs';

const { values: options } = parseArgs({
  options: {
    url: { type: 'string' },
    server: { type: 'string' },
    model: { type: 'string' },
    checkpoints: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    'data-parallel': { type: 'string', default: '1' },
    'critic-scale': { type: 'string', default: '64' },
  },
});
const { url, server, model, checkpoints } = options;
const folder = model === undefined ? undefined : await openUserFolder(model);
if (!url || !server || !folder || !checkpoints) {
  console.error('usage: npm run results:server -- --url URL --server NAME --model FOLDER --checkpoints FOLDER');
  process.exit(2);
}

const base = await loadModelFolder(folder);
const settings = tinkerSettings.parse({
  url,
  server,
  dataParallel: Number(options['data-parallel']),
  criticScale: Number(options['critic-scale']),
});
const backend = await openBackend('onnx', { provider: 'cpu' });
const request = { base, optimizer: createAdamW(), critic: true, reference: false, random: createRandom(1) };
const remote = await createTinkerEngine(settings, undefined).create(request);
const local = await createLocalEngine(localEngineSettings.parse({}), backend).create(request);
try {
  const rows = await compareServer({ remote, local }, settings, {
    base,
    weightsAt: checkpointReader({ checkpoints, python: options.python }),
  });
  console.log(`\n${url}, data parallelism ${settings.dataParallel}\n`);
  console.log('| What | Server | Local engine | Largest difference |\n| --- | ---: | ---: | ---: |');
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
} finally {
  await remote.dispose();
  await local.dispose();
  await backend.dispose();
}

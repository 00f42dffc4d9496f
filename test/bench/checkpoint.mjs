/** Checkpoints of a model in the shape of `orz-tiny`, to measure what one costs. */
import { createFolderStorage } from '../../dist/cli/platform/storage.js';
import { checkpointOf } from '../../dist/core/train/state/checkpoint-names.js';
import { commitCheckpoint } from '../../dist/core/train/state/checkpoints.js';
import { trainedContent } from '../../dist/core/train/state/engine-state.js';
import { createLocalEngine, localEngineSettings } from '../../dist/core/compute/engine/local-engine.js';
import { createRandom } from '../../dist/core/random.js';
import { createAdamW } from '../../dist/plugins/optimizer-adamw/plugin.js';
import { createOnnxBackend } from '../../dist/plugins/backend-onnx/start.js';
import { createArithmeticTokenizer } from '../../dist/plugins/task-arithmetic/tokenizer.js';
import { baseWeights } from './engines.mjs';
import { tiny } from './networks.mjs';

/** Policy and critic with their moments, and a folder for their checkpoints. @param {string} folder */
export async function openCheckpoints(folder) {
  const backend = await createOnnxBackend({ provider: 'cpu', threads: 1 });
  const tokenizer = createArithmeticTokenizer();
  const base = { config: tiny, tokenizer, weights: () => baseWeights(tiny) };
  const engine = await createLocalEngine(localEngineSettings.parse({}), backend).create({
    base,
    optimizer: createAdamW(),
    critic: true,
    reference: false,
    random: createRandom(1),
  });
  const storage = createFolderStorage(folder);
  // Nothing reads it back, and its size is that of the counters.
  const state = /** @type {import('../../dist/core/train/state/state.js').RunState} */ ({ format: 1, iteration: 0 });
  let written = 0;
  return {
    write: () => commitCheckpoint(storage, checkpointOf(++written), state, trainedContent(engine, base)),
    dispose: async () => {
      await engine.dispose();
      await backend.dispose();
    },
  };
}

/**
 * Writes a checkpoint of exactly the shape of a base model that presets name, with random weights, so that a run of
 * full size can be tried without downloading the model. The tokenizer is taken from a folder that has one.
 *
 *     node test/results/random-checkpoint.mjs FOLDER --tokenizer FOLDER [--like Qwen/Qwen2.5-0.5B] [--seed 1]
 */
import { copyFileSync, existsSync, mkdirSync, openSync, closeSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { toHuggingFaceConfig } from '../../dist/core/model-files/hugging-face-config.js';
import { writeSafetensors } from '../../dist/core/model-files/safetensors.js';
import { decoderParameters, initialValues, countParameters } from '../../dist/core/compute/nn/parameters.js';
import { createRandom } from '../../dist/core/random.js';
import { architectures } from '../../dist/presets/architectures.js';

const {
  values: options,
  positionals: [folder],
} = parseArgs({
  allowPositionals: true,
  options: {
    tokenizer: { type: 'string' },
    like: { type: 'string', default: 'Qwen/Qwen2.5-0.5B' },
    seed: { type: 'string', default: '1' },
  },
});
const config = architectures.get(options.like);
if (!folder || !options.tokenizer || !config) {
  console.error(
    'usage: node test/results/random-checkpoint.mjs FOLDER --tokenizer FOLDER [--like NAME]; NAME is one of ' +
      [...architectures.keys()].join(', '),
  );
  process.exit(2);
}

const specs = decoderParameters(config, 'language');
const stream = createRandom(Number(options.seed)).stream('random checkpoint');
/** Draws one tensor at a time, so that memory stays at the size of the largest. */
function* tensors() {
  let done = 0;
  for (const [index, spec] of specs.entries()) {
    yield { name: spec.name, shape: spec.shape, data: initialValues(spec, stream, index) };
    if (process.stderr.isTTY) process.stderr.write(`\r${++done} of ${specs.length} tensors`);
  }
}

mkdirSync(folder, { recursive: true });
writeFileSync(
  join(folder, 'config.json'),
  `${JSON.stringify(toHuggingFaceConfig(config, { head: 'language', dtype: 'f32', endTokens: [151_643] }), null, 2)}\n`,
);
for (const name of ['tokenizer.json', 'tokenizer_config.json']) {
  if (existsSync(join(options.tokenizer, name))) copyFileSync(join(options.tokenizer, name), join(folder, name));
}
const file = openSync(join(folder, 'model.safetensors'), 'w');
for await (const chunk of writeSafetensors(specs, tensors())) {
  for (let from = 0; from < chunk.byteLength;)
    from += writeSync(file, chunk, from, Math.min(2 ** 30, chunk.byteLength - from));
}
closeSync(file);
console.log(`\n${options.like}: ${countParameters(specs)} parameters in ${specs.length} tensors, written to ${folder}`);

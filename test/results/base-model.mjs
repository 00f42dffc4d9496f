/**
 * `npm run base-model`: makes the base model that comes with the package, which must be done again when the arithmetic
 * changes (base-model.full.test.ts tells), and writes it to plugins/task-arithmetic. Takes a minute on 2 cores.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { arithmeticExtensions, makeDefaultBaseModel } from './default-base-model.mjs';

const folder = 'plugins/task-arithmetic/base-model';
const path = (/** @type {string} */ name) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

const { file, seed, optimizer } = await makeDefaultBaseModel({
  phase: (name, total, unit) => {
    console.error(`${name}: ${total} ${unit} …`);
    return { progress: () => undefined, end: () => undefined };
  },
  log: (_level, message) => {
    console.error(message);
  },
});
const weights = path(`${folder}/model.safetensors`);
mkdirSync(dirname(weights), { recursive: true });
writeFileSync(weights, file);
const sha256 = createHash('sha256').update(file).digest('hex');
const made = { folder, sha256, seed, optimizer, extensions: arithmeticExtensions() };
const fields = Object.entries(made).map(([key, value]) => `  ${key}: ${literal(value)},\n`);
writeFileSync(
  path('plugins/task-arithmetic/shipped-weights.ts'),
  '/** Written by `npm run base-model`: the weights that come with the package, and what they were made with. */\n' +
    `export const shippedWeights = {\n${fields.join('')}};\n`,
);
console.error(`${weights}: ${file.length} bytes, SHA-256 ${sha256}`);

/** @param {string | number} value */
function literal(value) {
  return typeof value === 'number' ? value : `'${value}'`;
}

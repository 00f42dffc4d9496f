/**
 * `npm run base-models`: makes the base models that come with the package, which must be done again when the arithmetic
 * changes (base-model.full.test.ts tells), and writes them to plugins/task-arithmetic. Takes some four minutes on 2
 * cores.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { arithmeticExtensions, makeDefaultBaseModel, shippedPresets } from './default-base-model.mjs';

const folder = 'plugins/task-arithmetic/base-models';
const path = (/** @type {string} */ name) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
/** @type {import('../../dist/core/contracts/run-events.js').RunEvents} */
const events = {
  phase: (name, total, unit) => {
    console.error(`${name}: ${total} ${unit} …`);
    return { progress: () => undefined, end: () => undefined };
  },
  log: (_level, message) => {
    console.error(message);
  },
};

/** @type {[string, string][]} */
const hashes = [];
let made = { seed: 0, optimizer: '' };
for (const name of /** @type {(keyof typeof shippedPresets)[]} */ (Object.keys(shippedPresets))) {
  const { file, ...makers } = await makeDefaultBaseModel(name, events);
  made = makers;
  const weights = path(`${folder}/${name}.safetensors`);
  mkdirSync(dirname(weights), { recursive: true });
  writeFileSync(weights, file);
  const sha256 = createHash('sha256').update(file).digest('hex');
  hashes.push([name, sha256]);
  console.error(`${weights}: ${file.length} bytes, SHA-256 ${sha256}`);
}
writeFileSync(
  path('plugins/task-arithmetic/shipped-weights.ts'),
  `/** Written by \`npm run base-models\`: the weights that come with the package, and what they were made with. */
export const shippedWeights = {
  folder: '${folder}',
  seed: ${made.seed},
  optimizer: '${made.optimizer}',
  extensions: '${arithmeticExtensions()}',
  sha256: {
${hashes.map(([name, hash]) => `    '${name}': '${hash}',\n`).join('')}  },
};
`,
);

/**
 * `npm run check:dependencies`: prints every import that breaks the direction of dependencies; fails if there is one.
 */
import { fileURLToPath } from 'node:url';
import { violationsInTree } from './dependency-rules.mjs';

const violations = violationsInTree(fileURLToPath(new URL('../..', import.meta.url)));
for (const violation of violations) console.error(violation);
console.log(
  violations.length === 0
    ? 'Dependencies point the right way: core ← plugins, presets ← cli.'
    : `${violations.length} imports break the rules.`,
);
process.exitCode = violations.length === 0 ? 0 : 1;

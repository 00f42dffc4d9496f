/** Prints `N passed, M failed` over the JSON reports of vitest given as arguments. */
import { readFileSync } from 'node:fs';

let [passed, failed] = [0, 0];
for (const file of process.argv.slice(2)) {
  const report = /** @type {{ numPassedTests: number, numFailedTests: number }} */ (
    JSON.parse(readFileSync(file, 'utf8'))
  );
  passed += report.numPassedTests;
  failed += report.numFailedTests;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

import { ensureBrowser } from './browser.js';

/** Before the full suite: what its tests need and `npm install` does not bring. */
export default function setup(): void {
  ensureBrowser((line) => { console.error(line); });
}

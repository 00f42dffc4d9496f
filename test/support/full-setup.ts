import { ensureBrowser, findBrowser } from './browser.js';
import { findSoftwareAdapter } from './software-adapter.js';

/**
 * Before the full suite: what its tests need and `npm install` does not bring. With ORZ_NO_SKIP set, as in CI, it fails
 * where they would be skipped without it.
 */
export default async function setup(): Promise<void> {
  await ensureBrowser((line) => {
    console.error(line);
  });
  if (process.env['ORZ_NO_SKIP'] === undefined) return;
  for (const found of [findSoftwareAdapter(), findBrowser()])
    if ('reason' in found) throw new Error(`tests would be skipped: ${found.reason}`);
}

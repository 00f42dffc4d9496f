import { expect, it } from 'vitest';
import { findBrowser, launchBrowser, openPage } from './browser.js';

const found = findBrowser();
if ('reason' in found) console.error(`skipped: ${found.reason}`);

it.skipIf('reason' in found)('a headless Chromium shows a page and runs its script', async () => {
  if ('reason' in found) return;
  const browser = await launchBrowser(found);
  try {
    const page = await openPage(browser);
    await page.goto('data:text/html,<p></p><script>document.querySelector("p").textContent = 6 * 7</script>');
    expect(await page.textContent('p')).toBe('42');
  } finally {
    await browser.close();
  }
});

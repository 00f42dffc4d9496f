import { startBrowserPage } from '../browser/serve.js';
import { exitCodes } from '../report-error.js';
import { interrupted, isLoopback, loopback, startOn } from './serving.js';

export interface BrowserFlags {
  readonly host?: string;
  readonly port?: string;
}

const defaultPort = 4681;

/** `orz-train browser`: serves the page that trains in a browser until Ctrl-C. Returns the exit code. */
export async function browser(flags: BrowserFlags): Promise<number> {
  const host = flags.host ?? loopback;
  const served = await startOn(flags.port, defaultPort, (port) => startBrowserPage({ host, port }));
  process.stdout.write(`${served.url}\n`);
  if (!isLoopback(host))
    process.stdout.write(
      'Other machines can open this page, but browsers give it a GPU only over HTTPS or on this machine.\n',
    );
  process.stdout.write('Press Ctrl-C to stop.\n');
  await interrupted();
  await served.close();
  return exitCodes.ok;
}

import { resolve } from 'node:path';
import { countParameters, decoderParameters } from '../../core/compute/nn/parameters.js';
import { shellQuote } from '../../core/shell-quote.js';
import { gatherConfig, type ConfigFlags } from '../config/gather.js';
import type { WebServer } from '../dashboard/web-server.js';
import { exitCodes } from '../report-error.js';
import { checkHost } from '../reward-server/access.js';
import { requireBackend } from '../run/start-run.js';
import { screenEvents } from '../screen-events.js';
import { printable } from '../terminal/format.js';
import { createScreen } from '../terminal/screen.js';
import { badModelName, keyVariable } from '../tinker-server/errors.js';
import { openParts, type OpenedParts } from '../tinker-server/open-parts.js';
import { startTinkerServer } from '../tinker-server/server.js';
import { interrupted, isLoopback, loopback, startOn } from './serving.js';

export interface ServeFlags extends ConfigFlags {
  readonly host?: string;
  readonly port?: string;
  readonly allowRemote?: boolean;
  readonly folder: string;
  readonly modelName?: string;
}

const usualPort = 4683;

/** `orz-train serve`: the local engine over the Tinker API until Ctrl-C. Returns the exit code. */
export async function serve(flags: ServeFlags): Promise<number> {
  const host = flags.host ?? loopback;
  const key = process.env[keyVariable] || undefined;
  checkHost(host, { isRemoteAllowed: flags.allowRemote === true, key, keyVariable });
  const { modelName } = flags;
  if (modelName !== undefined && !/^[\x21-\x7e]{1,300}$/.test(modelName)) throw badModelName(modelName);
  const gathered = await gatherConfig(flags, process.cwd());
  await requireBackend(gathered.resolved);
  const screen = createScreen(process.stderr);
  const stop = new AbortController();
  const stopped = interrupted().then(() => {
    stop.abort();
  });
  try {
    const opening = { folder: resolve(flags.folder), modelName, events: screenEvents(screen), signal: stop.signal };
    const opened = await openParts(gathered, opening).catch((error: unknown) => {
      if (!stop.signal.aborted) throw error;
    });
    if (opened === undefined) return exitCodes.ok;
    try {
      const served = await startOn(flags.port, usualPort, (port) =>
        startTinkerServer({ ...opened.parts, host, port, ...(key !== undefined && { key }) }),
      );
      announce(opened, served, { ...flags, host, hasKey: key !== undefined });
      await stopped;
      await served.close();
    } finally {
      await opened.close();
    }
  } finally {
    screen.close();
  }
  return exitCodes.ok;
}

/** What is served, where, and how to connect. */
function announce(
  { parts: { modelName, description }, device }: OpenedParts,
  { url }: WebServer,
  { host, folder, hasKey }: Pick<ServeFlags, 'folder'> & { readonly host: string; readonly hasKey: boolean },
): void {
  const address = url.replace(/\/$/, '');
  const key = hasKey ? `os.environ["${keyVariable}"]` : '"tml-local"';
  const millions = (countParameters(decoderParameters(description.config, 'language')) / 1e6).toFixed(2);
  const lines = [
    `${modelName}, ${millions} M parameters, ${description.config.maxPositions} positions`,
    `  on ${device.backend}, ${device.device}; checkpoints below ${folder}`,
    `  Python     tinker.ServiceClient(base_url="${address}", api_key=${key})`,
    `  orz-train  --set engine.type=tinker --set engine.url=${shellQuote(address)}`,
  ];
  process.stdout.write(`${address}\n${lines.map(printable).join('\n')}\n`);
  if (!isLoopback(host)) process.stdout.write(`Whoever has the key in ${keyVariable} can use it.\n`);
  process.stdout.write('Ctrl-C ends it.\n');
}

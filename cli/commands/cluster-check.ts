import { totalmem } from 'node:os';
import colors from 'picocolors';
import type { Finding } from '../cluster/check/finding.js';
import { openEngine } from '../cluster/check/open.js';
import { checkReachable } from '../cluster/check/reach.js';
import { checkServer, checkSettings, comparisonNote, type Comparison } from '../cluster/check/run.js';
import type { ConfigFlags } from '../config/gather.js';
import { exitCodes } from '../report-error.js';
import { screenEvents } from '../screen-events.js';
import { printable } from '../terminal/format.js';
import { createScreen } from '../terminal/screen.js';

export interface ClusterCheckFlags extends ConfigFlags {
  readonly url: string;
}

/**
 * `orz-train cluster check`: proves a server of the Tinker API for a run, one line for each thing. Returns 0 if all is
 * as it should be, the code of usage if settings would not be honoured, else that of a failure.
 */
export async function clusterCheck({ url, ...flags }: ClusterCheckFlags): Promise<number> {
  const screen = createScreen(process.stderr);
  const events = screenEvents(screen);
  const findings: Finding[] = [];
  const tell = (found: Finding): void => {
    findings.push(found);
    process.stdout.write(`${printable(lineOf(found))}\n`);
  };
  const comparison: Comparison = {
    open: () => openEngine(withoutEngine(flags), ['engine.type=local'], events),
    bytes: totalmem() / 4,
  };
  try {
    tell(await checkReachable(url));
    if (hasFailed(findings)) return exitCodes.failure;
    const opened = await openEngine(flags, ['engine.type=tinker', `engine.url=${url}`], events);
    try {
      (await checkSettings(opened)).forEach(tell);
      if (hasFailed(findings)) return exitCodes.usage;
      const note = comparisonNote(opened, comparison);
      if (note !== undefined) process.stdout.write(`${note}\n`);
      await checkServer(opened, comparison, tell);
    } finally {
      await opened.close();
    }
  } finally {
    screen.close();
  }
  return hasFailed(findings) ? exitCodes.failure : exitCodes.ok;
}

/** Settings of the server's engine are none of the local one. */
const withoutEngine = (flags: ConfigFlags): ConfigFlags => ({
  ...flags,
  set: flags.set?.filter((entry) => !/^engine[.=]/.test(entry)) ?? [],
});

const hasFailed = (findings: readonly Finding[]): boolean => findings.some(({ verdict }) => verdict === 'failed');

function lineOf({ what, measured, expected, verdict }: Finding): string {
  const shown = verdict === 'ok' ? colors.green('ok    ') : colors.red('failed');
  return `${shown}  ${what.padEnd(34)}${measured}; expected: ${expected}`;
}

import { createGrader } from '../grade/grader.js';
import { openReward, type RewardFlags } from '../grade/open-reward.js';
import { parseWorkers } from '../grade/workers.js';
import { createNodePlatform } from '../platform/node-platform.js';
import { exitCodes } from '../report-error.js';
import { checkHost } from '../reward-server/access.js';
import { keyVariable, notALimit } from '../reward-server/errors.js';
import { startRewardServer, type RewardServerLimits } from '../reward-server/server.js';
import { printable } from '../terminal/format.js';
import { interrupted, isLoopback, loopback, startOn } from './serving.js';

export interface ServeRewardFlags extends RewardFlags {
  readonly host?: string;
  readonly port?: string;
  readonly allowRemote?: boolean;
  readonly workers?: string;
  readonly maxBody: string;
  readonly maxPairs: string;
  readonly maxRequests: string;
  readonly timeLimit: string;
}

const usualPort = 4682;

/** `orz-train serve-reward`: grades over HTTP until Ctrl-C. Returns the exit code. */
export async function serveReward(flags: ServeRewardFlags): Promise<number> {
  const host = flags.host ?? loopback;
  const key = process.env[keyVariable] || undefined;
  checkHost(host, { isRemoteAllowed: flags.allowRemote === true, key, keyVariable });
  const limits = parseLimits(flags);
  const workers = parseWorkers(flags.workers);
  const platform = createNodePlatform('.');
  const say = (text: string): void => {
    process.stderr.write(`${printable(text)}\n`);
  };
  const reward = await openReward(flags, platform, { phase: silentPhase, log: (_, message) => say(message) });
  const grader = createGrader(reward, { platform, workers, onIncident: say });
  try {
    // Threads are ready for both forms before anybody is told that the reward is served.
    await Promise.all([grader.grade({ ...probe, form: 'chat' }), grader.grade({ ...probe, form: 'response' })]);
    const served = await startOn(flags.port, usualPort, (port) =>
      startRewardServer({
        grader,
        reward: reward.name,
        host,
        port,
        limits,
        onFailure: say,
        ...(key !== undefined && { key }),
      }),
    );
    process.stdout.write(`${served.url}\n`);
    process.stdout.write(
      `  ${reward.verifier}, ${workers} threads; POST /get_reward, POST /grade; GET /health, /metrics\n`,
    );
    if (!isLoopback(host)) process.stdout.write(`Whoever has the key in ${keyVariable} can use it.\n`);
    process.stdout.write('Ctrl-C ends it.\n');
    await interrupted();
    await served.close();
  } finally {
    await grader.dispose();
  }
  return exitCodes.ok;
}

const silentPhase = () => ({ progress: () => undefined, end: () => undefined });

const probe = {
  id: undefined,
  gold: '1',
  prompt: '',
  text: '1',
  stopReason: 'stop',
  config: undefined,
} as const;

function parseLimits({ maxBody, maxPairs, maxRequests, timeLimit }: ServeRewardFlags): RewardServerLimits {
  return {
    maxBodyBytes: parseBytes(maxBody),
    maxPairs: parseCount('--max-pairs', maxPairs),
    maxRequests: parseCount('--max-requests', maxRequests),
    timeLimitMs: 1000 * parseCount('--time-limit', timeLimit, 86_400),
  };
}

function parseCount(flag: string, text: string, most = 10_000_000): number {
  const count = Number(text);
  if (/^\d{1,8}$/.test(text) && count >= 1 && count <= most) return count;
  throw notALimit(flag, text, `1 to ${most}`);
}

const units: Readonly<Record<string, number>> = { kb: 1e3, mb: 1e6, gb: 1e9 };
const largestBody = 400e6;

function parseBytes(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,9})\s*([kmg]b)?$/i.exec(text.trim()) ?? [];
  const bytes = Number(digits) * (units[unit.toLowerCase()] ?? 1);
  if (digits !== '' && bytes >= 1 && bytes <= largestBody) return bytes;
  throw notALimit('--max-body', text, '1 to 400MB, for example 64MB');
}

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../../cli/cluster/check/finding.js';
import { openEngine } from '../../../../cli/cluster/check/open.js';
import { checkServer, checkSettings, comparisonNote } from '../../../../cli/cluster/check/run.js';
import { gatherConfig } from '../../../../cli/config/gather.js';
import { openParts } from '../../../../cli/tinker-server/open-parts.js';
import { startTinkerServer } from '../../../../cli/tinker-server/server.js';
import { silentEvents } from '../../../../core/silent-events.js';
import { temporaryFolder } from '../../temporary-folder.js';

/** orz-tiny with a base model that is made in a second. */
const flags = {
  preset: ['orz-tiny'],
  config: false as const,
  set: [
    'model.steps=4',
    'model.warmupSteps=1',
    'model.tokensPerStep=64',
    'model.hiddenSize=16',
    'model.heads=2',
    'model.intermediateSize=32',
    'evaluation.maxPromptTokens=24',
  ],
};
const inMemory = { open: () => openEngine(flags, ['engine.type=local'], silentEvents), bytes: 1e9 };

/** What the check finds at a server of `serve` with the model of `served`. */
async function check(served: typeof flags, comparison = inMemory): Promise<{ findings: Finding[]; note?: string }> {
  const gathered = await gatherConfig(served, process.cwd());
  const signal = new AbortController().signal;
  const folder = join(temporaryFolder(), 'checkpoints');
  const opened = await openParts(gathered, { folder, modelName: undefined, events: silentEvents, signal });
  const server = await startTinkerServer({ ...opened.parts, host: '127.0.0.1', port: 0 });
  const findings: Finding[] = [];
  const engine = await openEngine(flags, ['engine.type=tinker', `engine.url=${server.url}`], silentEvents);
  try {
    findings.push(...(await checkSettings(engine)));
    await checkServer(engine, comparison, (found) => findings.push(found));
    const note = comparisonNote(engine, comparison);
    return { findings, ...(note !== undefined && { note }) };
  } finally {
    await engine.close();
    await server.close();
    await opened.close();
  }
}

describe('the check of orz-train serve', () => {
  it('finds everything right, and the numbers of this process', async () => {
    const { findings, note } = await check(flags);
    expect(findings.filter(({ verdict }) => verdict === 'failed')).toEqual([]);
    expect(findings.map(({ what }) => what)).toEqual([
      'settings of the run',
      'server',
      'policy',
      expect.stringMatching(/^log-probability of \d+ tokens$/),
      'policy gradient as 4, 8, 6 rows',
      'policy gradient in 2, 4 parts',
      'policy gradient, weights twice',
      'policy gradient, tied here',
      'critic',
      'critic gradient as 4, 8, 6 rows',
      'critic loss',
      'sampler',
      'a gradient that overflows',
    ]);
    const [logprob] = findings.filter(({ what }) => what.startsWith('log-probability'));
    expect(logprob!.expected).toBe(`${logprob!.measured.split(' ')[0]}, as computed here`);
    expect(note).toBeUndefined();
  });

  it('finds another model behind the same name', async () => {
    const { findings } = await check({ ...flags, set: [...flags.set, 'model.steps=40', 'model.learningRate=0.01'] });
    const failed = findings.filter(({ verdict }) => verdict === 'failed').map(({ what }) => what);
    expect(failed).toContainEqual(expect.stringContaining('log-probability'));
  });

  it('says what to expect where the model is too large to compute it here', async () => {
    const { findings, note } = await check(flags, { ...inMemory, bytes: 1000 });
    expect(note).toMatch(/parameters are too many to compare here/);
    expect(findings.map(({ what }) => what)).not.toContain('policy gradient, tied here');
    expect(findings.find(({ what }) => what.startsWith('log-prob'))!.expected).toMatch(/^well above -\d/);
  });
});

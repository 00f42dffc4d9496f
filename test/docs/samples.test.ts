import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createJiti } from 'jiti';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { evaluateModels } from '../../cli/commands/evaluate.js';
import { gatherConfig } from '../../cli/config/gather.js';
import { compile } from '../support/compile.js';
import { pages, samplesOf } from './pages.js';
import { runTiny, tiny, type TinyRun } from './tiny-run.js';

const samples = pages
  .filter((page) =>
    /^README|^docs\/(?:plugins|conformance|backends|environments|evaluation|library|reward\.|studies|tutorial)/.test(
      page,
    ),
  )
  .flatMap(samplesOf);
const isConfig = ({ file }: { readonly file: string }): boolean => file.startsWith('orz.config');
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'orz-samples-'));
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
  for (const { file, text } of samples) writeFileSync(join(folder, file), text);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('samples in the documentation', () => {
  it('have file names of their own, so that no page overwrites the sample of another', () => {
    const files = samples.map(({ file }) => file);
    expect(files.filter((file, i) => files.indexOf(file) !== i)).toEqual([]);
    expect(files.length).toBeGreaterThan(10);
  });

  it('compile under the strict settings of this repository', () => {
    const found = compile(samples.map(({ file }) => join(folder, file)));
    expect([...found.values()].flat()).toEqual([]);
  });

  it.each(samples.filter(isConfig))('$file of $page is a valid configuration', async ({ file }) => {
    const { resolved } = await gatherConfig({ config: file }, folder);
    expect(resolved.config.iterations).toBeGreaterThan(0);
  });
});

interface Outcome extends TinyRun {
  readonly config: string;
}

/** A tiny run with a configuration of the page; what it states itself stays. */
async function train(file: string): Promise<Outcome> {
  const stated = readFileSync(join(folder, file), 'utf8');
  const settings = Object.fromEntries(Object.entries(tiny).filter(([path]) => !stated.includes(`${path}:`)));
  const run = await runTiny(folder, file, { config: file, settings });
  return { ...run, config: readFileSync(join(run.summary.location, 'config.json'), 'utf8') };
}

/** What shows that the sample of this configuration was at work. */
const evidence: Readonly<Record<string, (outcome: Outcome) => void | Promise<void>>> = {
  'orz.config.mine.ts': ({ config, metrics }) => {
    expect(JSON.parse(config)).toMatchObject({ reward: { type: 'near-miss' }, policyLoss: { type: 'reinforce' } });
    expect(Object.keys(metrics[0]!)).not.toContain('clipFraction');
  },
  'orz.config.hello.ts': ({ log }) => {
    expect(log).toContainEqual(expect.stringMatching(/^good morning, reward \d/));
  },
  'orz.config.confident.ts': ({ config, metrics }) => {
    expect(JSON.parse(config)).toMatchObject({ reward: { type: 'confident' } });
    // Nobody has learned to doubt in one iteration, so every response is paid for that at least.
    expect(metrics[0]!['reward']).toBeGreaterThanOrEqual(1);
  },
  'orz.config.brief.ts': ({ config, metrics }) => {
    expect(JSON.parse(config)).toMatchObject({ reward: { type: 'brief', perToken: 0.005 } });
    expect(metrics[0]!['verdicts']).toMatchObject({ 'no-answer': 0, undecidable: 0 });
  },
  'orz.config.policy-gradient.ts': ({ metrics }) => {
    expect(metrics[0]!['entropyBonus']).toBeGreaterThan(0);
  },
  'orz.config.worst-case.ts': ({ metrics }) => {
    expect(metrics[0]).toMatchObject({ valueLoss: null });
  },
  'orz.config.not-too-easy.ts': ({ metrics }) => {
    expect(metrics[0]!['groupsCollected']).toBeGreaterThanOrEqual(Number(metrics[0]!['groupsKept']));
  },
  'orz.config.guessing.ts': ({ config, metrics }) => {
    expect(JSON.parse(config)).toMatchObject({ environment: { type: 'guessing' } });
    expect(metrics[0]!['turns']).toBeGreaterThanOrEqual(1);
    expect(metrics[0]!['evaluation/held-out']).toHaveProperty('turns');
  },
  'orz.config.momentum.ts': ({ config }) => {
    expect(JSON.parse(config)).toMatchObject({ optimizer: { type: 'momentum', decay: 0.9 } });
  },
  'orz.config.counting.ts': ({ log }) => {
    expect(log).toContainEqual(expect.stringMatching(/^\d+ tokens sampled$/));
  },
  'orz.config.pairs.ts': ({ summary }) => {
    expect(Object.keys(summary.after)).toEqual(['doubles']);
    expect(summary.samplesAfter[0]!.problem).toMatch(/^(\d)\+\1$/);
  },
  'orz.config.csv.ts': ({ summary }) => {
    expect(readFileSync(join(summary.location, 'metrics.csv'), 'utf8')).toMatch(
      /^iteration,reward,entropy\n1,[\d.]+,[\d.]+\n/,
    );
  },
  'orz.config.early-stop.ts': ({ metrics, summary, log }) => {
    expect([metrics.length, summary.iterations]).toEqual([1, 1]);
    expect(log).toContainEqual(
      expect.stringMatching(/^early-stop ends the run after iteration 1: the reward was at least 0 for 1 iterations$/),
    );
  },
  'orz.config.drop-groups.ts': ({ log }) => {
    expect(log).toContainEqual(expect.stringMatching(/^\d+ of \d+ responses are in groups with a signal$/));
  },
  'orz.config.nines.ts': async ({ summary: { location } }) => {
    const out = join(location, 'nines');
    const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const noted = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    await evaluateModels(['nines'], { runDir: location, trustPlugins: true, samples: '2', maxTokens: '4', out });
    expect(written.mock.calls.join('')).toMatch(/Sums with nine +10 × 2 /);
    for (const spy of [written, noted]) spy.mockRestore();
  },
  'orz.config.plain-backend.ts': ({ config }) => {
    expect(JSON.parse(config)).toMatchObject({ backend: { type: 'plain' } });
  },
};

describe('a run with', () => {
  const withPlugins = samples.filter((sample) => isConfig(sample) && sample.text.includes('plugins:'));

  it('every sample of a plugin is checked here', () => {
    expect(withPlugins.map(({ file }) => file).sort()).toEqual(Object.keys(evidence).sort());
  });

  it.each(withPlugins)('$file of $page trains, and the plugin is at work', async ({ file }) => {
    const outcome = await train(file);
    expect(outcome.metrics.length).toBe(1);
    expect(existsSync(join(outcome.summary.location, 'checkpoints'))).toBe(true);
    await evidence[file]!(outcome);
  });
});

describe('the sample of conformance suites', () => {
  it('runs, and every plugin on the page passes', async () => {
    const checks: { title: string; run: () => Promise<void> }[] = [];
    const jiti = createJiti(join(folder, 'samples.js'), {
      interopDefault: false,
      fsCache: false,
      virtualModules: {
        vitest: {
          it: (title: string, run: () => Promise<void>) => {
            checks.push({ title, run });
          },
        },
        'open-reasoner-zero': await import('../../cli/index.js'),
        'open-reasoner-zero/conformance': await import('../../core/conformance/index.js'),
      },
    });
    await jiti.import(join(folder, 'conformance.test.ts'));
    const failures: string[] = [];
    for (const { title, run } of checks)
      await run().catch((error: unknown) => {
        failures.push(`${title}: ${String(error)}`);
      });
    expect(failures).toEqual([]);
    expect(checks.length).toBeGreaterThan(50);
  });
});

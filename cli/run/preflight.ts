import { existsSync } from 'node:fs';
import { mkdtemp, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { originOf } from '../../core/config/layers.js';
import type { ChosenProvider } from '../../core/config/resolve.js';
import type { SingleSlot } from '../../core/config/schema.js';
import { createRunContainer, type RunContainer } from '../../core/container/run-container.js';
import { countParameters, decoderParameters } from '../../core/compute/nn/parameters.js';
import type { ModelSourceContext } from '../../core/contracts/model-source.js';
import type { RunEvents } from '../../core/contracts/run-events.js';
import { formatCount } from '../../core/plan/units.js';
import { createRandom } from '../../core/random.js';
import { messageOf } from '../../core/boundary/safe-text.js';
import { isOrzError } from '../../core/errors.js';
import { demandingSlots, requireHonoured } from '../../core/train/loop/engine-demands.js';
import { openProblems } from '../../core/train/loop/open-problems.js';
import type { GatheredConfig } from '../config/gather.js';
import { needsBackend } from '../plan/engine.js';
import { describeUses, tensorPlace } from '../plan/memory.js';
import { requireMachine, type MachinePlan } from '../plan.js';
import { createNodePlatform } from '../platform/node-platform.js';
import type { RunRequest } from './messages.js';
import { claimRunFolder } from './run-folder.js';

/** What was found out about one thing that a run needs: what there is, the problem, or whose problem it shares. */
export interface Finding {
  readonly what: string;
  readonly found?: string;
  readonly problem?: unknown;
  readonly needs?: string;
}

export interface PreflightRequest {
  readonly gathered: GatheredConfig;
  readonly plan: MachinePlan;
  readonly request: RunRequest;
  readonly events: RunEvents;
  /** What to type to run it on a cluster, where it needs one. */
  readonly clusterSteps?: readonly string[];
}

/**
 * Opens everything a run needs, as far as that fetches no weights and trains nothing: memory and disk, the run folder,
 * the device, the model, the data. Each is looked at even if others have problems. Leaves nothing behind.
 */
export async function preflight(request: PreflightRequest): Promise<Finding[]> {
  const { resolved } = request.gathered;
  const open: RunContainer[] = [];
  const checks: readonly (readonly [what: string, check: (request: PreflightRequest) => Promise<string>])[] = [
    ['memory and disk', checkMachine],
    ['run folder', checkFolder],
    ['device', checkDevice],
    ...(needsBackend(resolved) ? [] : [['settings', checkSettings] as const]),
    ['model', checkModel],
    ['data', checkData],
    ...resolved.metrics.map((sink) => [`sink ${sink.provider.type}`, sinkCheck(sink, open)] as const),
  ];
  const findings: Finding[] = [];
  try {
    for (const [what, check] of checks) findings.push(await findingOf(what, () => check(request), findings));
  } finally {
    for (const container of open) await container.dispose();
  }
  return findings;
}

const findingOf = (what: string, check: () => Promise<string>, earlier: readonly Finding[]): Promise<Finding> =>
  check().then(
    (found) => ({ what, found }),
    (problem: unknown) => problemOf(what, problem, earlier),
  );

/** A part that needs another one fails with the error of that one, which is told once. */
function problemOf(what: string, problem: unknown, earlier: readonly Finding[]): Finding {
  const same = earlier.find(
    (finding) => isOrzError(finding.problem) && messageOf(finding.problem) === messageOf(problem),
  );
  return same === undefined ? { what, problem } : { what, needs: same.what };
}

async function checkMachine({ gathered, plan, clusterSteps }: PreflightRequest): Promise<string> {
  requireMachine(plan, clusterSteps);
  const { memoryUses: uses, unknownModel } = plan;
  if (uses === undefined) return `not known: ${unknownModel ?? 'the model is not described'}`;
  return `about ${describeUses(uses, tensorPlace(gathered.resolved.config))}`;
}

async function checkFolder({ request: { runDir, uniqueRunDir, resume } }: PreflightRequest): Promise<string> {
  const parent = dirname(resolve(runDir));
  const isThere = existsSync(parent);
  const folder = await claimRunFolder(runDir, { unique: uniqueRunDir, holdsRun: resume?.required === true });
  await folder.release();
  if (!isThere) await rmdir(parent).catch(() => undefined); // Unless something else is in it now.
  return `${folder.path}, ${folder.holdsRun ? 'which holds a run to continue' : 'new'}`;
}

const checkDevice = (request: PreflightRequest): Promise<string> =>
  withParts(request, ['engine'], async (container) => {
    const { device } = container.get('engine');
    return device === undefined ? 'known when the engine starts' : `${device.backend} on ${device.device}`;
  });

/** Whether the engine honours every setting; one that is somewhere else is asked. */
const checkSettings = (request: PreflightRequest): Promise<string> =>
  withParts(request, [...demandingSlots, 'engine'], async (container, context) => {
    const { config, origins } = request.gathered.resolved;
    const originAt = (path: string) => originOf(path, origins) ?? 'default';
    await requireHonoured(config, container, { ...context, originOf: originAt });
    return 'all honoured by the engine';
  });

const checkModel = (request: PreflightRequest): Promise<string> =>
  withParts(request, ['model'], async (container, context) => {
    const source = container.get('model');
    const { config, tokenizer } = await source.describe(context);
    await source.inspect?.(context);
    const parameters = formatCount(countParameters(decoderParameters(config, 'language')));
    return `${parameters} parameters, ${tokenizer.vocabSize} tokens`;
  });

/** The files are read first; prompts are then measured with the tokenizer of the model. */
const checkData = (request: PreflightRequest): Promise<string> =>
  withParts(request, ['data', 'template', 'reward', 'model'], async (container, context) => {
    const { config } = request.gathered.resolved;
    const platform = createNodePlatform('.');
    const { report, failure } = await openProblems({ config, container, platform, ...context }, 'sample');
    if (failure !== undefined) throw failure;
    const heldOut = report.evaluation.map(({ name, problems }) => `${name} ${problems}`).join(', ');
    const problems = report.generated ? 'problems made on demand' : `${report.kept} of ${report.problems} problems`;
    return `${problems} to train on; held out: ${heldOut || 'none'}`;
  });

/**
 * Starts a sink, in a folder that is removed again. It goes into `open` until all have started: two that want the same
 * port are a problem too.
 */
const sinkCheck =
  (sink: ChosenProvider, open: RunContainer[]) =>
  async ({ gathered: { resolved }, events }: PreflightRequest): Promise<string> => {
    const { provider, settings } = sink;
    if (provider.check) {
      await provider.check(settings as never);
      return 'can start';
    }
    const folder = await mkdtemp(join(tmpdir(), 'orz-check-'));
    try {
      const platform = createNodePlatform(folder);
      const random = createRandom(resolved.config.seed);
      open.push(await createRunContainer({ resolved, platform, events, random, only: [], sinks: [sink] }));
      return 'starts';
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

/** Starts some parts of the run for a check, and stops them. */
async function withParts(
  { gathered: { resolved }, events }: PreflightRequest,
  only: readonly SingleSlot[],
  check: (container: RunContainer, context: ModelSourceContext) => Promise<string>,
): Promise<string> {
  const random = createRandom(resolved.config.seed);
  const container = await createRunContainer({ resolved, platform: createNodePlatform('.'), events, random, only });
  try {
    return await check(container, { random, events, signal: new AbortController().signal });
  } finally {
    await container.dispose();
  }
}

import { resolve } from 'node:path';
import { Calls } from '../core/boundary/calls.js';
import { guardedProvider } from '../core/boundary/contracts/provider.js';
import type { ResolvedConfig } from '../core/config/resolve.js';
import { createRunContainer } from '../core/container/run-container.js';
import { planCluster, smallestCluster, type ClusterPlan } from '../core/plan/cluster.js';
import { describePlan } from '../core/plan/describe.js';
import { planDisk, type DiskPlan } from '../core/plan/disk.js';
import { settingsThatFit, type FittingSettings } from '../core/plan/fit.js';
import { requireMemory } from '../core/plan/memory.js';
import { planRun } from '../core/plan/plan.js';
import type { PlanRequest, RunPlan } from '../core/plan/types.js';
import { formatBytes } from '../core/plan/units.js';
import { createRandom } from '../core/random.js';
import { silentEvents } from '../core/silent-events.js';
import type { RunSizes } from '../core/contracts/run-sizes.js';
import { isOrzError } from '../core/errors.js';
import { isServable } from './cluster/demands.js';
import { assumedPrice, clusterRows } from './cluster/figures.js';
import { diskTooSmall } from './errors.js';
import { inspectMachine, type Machine } from './plan/machine.js';
import { architectureOf } from './plan/model.js';
import { describeEngine, enginePlanOf, type EnginePlan } from './plan/engine.js';
import { measuredTime, type MeasuredTime } from './plan/time.js';
import { createNodePlatform } from './platform/node-platform.js';
import { formatDuration, formatNumber } from './terminal/format.js';

/** A plan, and what this machine offers for it. */
export interface MachinePlan extends RunPlan {
  readonly device: { readonly backend: string; readonly provider?: string };
  readonly machine: Machine;
  readonly disk?: DiskPlan;
  /** Absent until a run with these settings has been measured here. */
  readonly time?: MeasuredTime;
  /** Why the base model, and so parameters, memory and disk, are not known. */
  readonly unknownModel?: string;
  /** Bytes that are missing, if any. */
  readonly missing: { readonly memory: number; readonly disk: number };
  /** Settings with which the memory would suffice; only if it does not. */
  readonly wouldFit?: FittingSettings;
  /** An engine that is somewhere else. */
  readonly engine?: EnginePlan;
  /** The smallest cluster for the run; only if it fits here with no settings, and there is one. */
  readonly cluster?: ClusterPlan;
}

/**
 * Estimates a run before anything loads: starts only parts that are pure arithmetic and no device, writes nothing. A
 * model that cannot be described is told in the plan.
 */
export async function planOf(resolved: ResolvedConfig, cwd: string = process.cwd()): Promise<MachinePlan> {
  const { config } = resolved;
  const { request, unknownModel } = await planRequestOf(resolved);
  const plan = planRun(request);
  const machine = await inspectMachine(resolve(cwd, config.runDir ?? 'runs'));
  const disk =
    plan.parameters &&
    planDisk({
      ...request,
      parameters: plan.parameters,
      keptByEngine: plan.wire !== undefined,
      ...rolloutsOf(resolved),
    });
  const missing = {
    memory: Math.max(0, (plan.memory?.peak ?? 0) - machine.memoryBytes),
    disk: Math.max(0, (disk?.models ?? 0) - (machine.freeDiskBytes ?? Infinity)),
  };
  const wouldFit = missing.memory > 0 ? settingsThatFit(request, machine.memoryBytes) : undefined;
  const cluster = missing.memory > 0 && wouldFit === undefined ? clusterFor(request) : undefined;
  const time = await measuredTime(config, cwd);
  const engine = await enginePlanOf(resolved);
  const { type: backend, provider } = config.backend;
  return {
    ...plan,
    device: { backend, ...(typeof provider === 'string' && { provider }) },
    machine,
    missing,
    ...(disk && { disk }),
    ...(time && { time }),
    ...(unknownModel !== undefined && { unknownModel }),
    ...(wouldFit && { wouldFit }),
    ...(cluster && { cluster }),
    ...(engine && { engine }),
  };
}

/** Undefined for a run that SkyRL cannot serve, or that fits on no cluster. */
function clusterFor(request: PlanRequest): ClusterPlan | undefined {
  const { config, architecture, reference } = request;
  if (architecture === undefined || !isServable(config, { architecture, reference })) return undefined;
  try {
    return planCluster(request, smallestCluster(request));
  } catch (error) {
    if (isOrzError(error) && error.code === 'ORZ_INSUFFICIENT') return undefined;
    throw error;
  }
}

/** What decides the size of a run; `unknownModel` says why the base model cannot be described, if it cannot. */
export async function planRequestOf(
  resolved: ResolvedConfig,
): Promise<{ readonly request: PlanRequest; readonly unknownModel?: string }> {
  const model = await architectureOf(resolved).then(
    (architecture) => ({ architecture }),
    (error: unknown) => ({ unknownModel: error instanceof Error ? error.message : String(error) }),
  );
  const request = { config: resolved.config, ...(await modelsOf(resolved)) };
  return 'architecture' in model ? { request: { ...request, ...model } } : { request, ...model };
}

async function modelsOf(
  resolved: ResolvedConfig,
): Promise<Pick<PlanRequest, 'critic' | 'reference' | 'optimizerStates'>> {
  const parts = await createRunContainer({
    resolved,
    platform: createNodePlatform('.'),
    events: silentEvents,
    random: createRandom(resolved.config.seed),
    only: ['advantage', 'kl', 'optimizer'],
  });
  try {
    return {
      critic: parts.get('advantage').needsCritic,
      reference: parts.get('kl').needsReference,
      optimizerStates: parts.get('optimizer').state.length,
    };
  } finally {
    await parts.dispose();
  }
}

/**
 * Bytes that the sinks which keep responses write; empty if there is none. How many held-out sets there are is not
 * known before the data are read: one is counted.
 */
function rolloutsOf({ config, metrics }: ResolvedConfig): { readonly rollouts?: number } {
  const { every } = config.evaluation;
  const sizes: RunSizes = {
    iterations: config.iterations,
    responses: config.rolloutBatchSize * config.samplesPerPrompt,
    maxResponseTokens: config.maxResponseTokens,
    evaluations: 2 + (every === 0 ? 0 : Math.floor((config.iterations - 1) / every)),
  };
  const calls = new Calls(config.guards);
  const bytes = metrics.flatMap(
    (sink) => guardedProvider(sink, calls).diskBytes?.(sink.settings as never, sizes) ?? [],
  );
  return bytes.length === 0 ? {} : { rollouts: bytes.reduce((sum, each) => sum + each, 0) };
}

/**
 * Throws ORZ_INSUFFICIENT if the run cannot fit into the memory or onto the disk of this machine, saying by how much
 * and what would make it fit. `clusterSteps` is what to type to run it on the cluster of the plan.
 */
export function requireMachine(plan: MachinePlan, clusterSteps: readonly string[] = []): void {
  const { machine, disk, missing, wouldFit } = plan;
  requireMemory(
    plan,
    { bytes: machine.memoryBytes, where: machine.memoryOf },
    { ...(wouldFit && { settings: `It would fit with ${flagsOf(wouldFit)}` }), clusterSteps },
  );
  if (missing.disk > 0 && disk !== undefined) throw diskTooSmall(disk, missing.disk, machine.freeDiskBytes ?? 0);
}

const flagsOf = (settings: FittingSettings): string =>
  Object.entries(settings)
    .map(([path, value]) => `--set ${path}=${value}`)
    .join(' ');

/** The plan as lines to print. */
export function planLines(plan: MachinePlan): string[] {
  const { machine, disk, unknownModel } = plan;
  const rows: (readonly [label: string, value: string])[] = [...describePlan(plan)];
  if (unknownModel !== undefined) rows.push(['model', `not known yet: ${unknownModel}`]);
  if (disk) rows.push(['disk', describeDisk(disk, machine)]);
  rows.push(plan.engine ? ['engine', describeEngine(plan.engine)] : ['device', describeDevice(plan)]);
  rows.push(['time', describeTime(plan)]);
  const cluster = plan.cluster && clusterRows(plan.cluster, plan.iterations, assumedPrice);
  return [
    ...rows.map(([label, value]) => `  ${label.padEnd(14)}${value}`),
    ...(cluster === undefined ? [] : ['  on a cluster']),
    ...(cluster ?? []).map(([label, value]) => `    ${label.padEnd(14)}${value}`),
  ];
}

function describeDevice({ device: { backend, provider }, machine }: MachinePlan): string {
  const name = provider === undefined ? backend : `${backend}, provider ${provider}`;
  return `${name}; ${machine.cores} CPU cores, ${formatBytes(machine.memoryBytes)} memory`;
}

function describeDisk({ checkpoint, checkpoints, rollouts, total }: DiskPlan, { freeDiskBytes }: Machine): string {
  const saved = `${checkpoints} ${checkpoints === 1 ? 'checkpoint' : 'checkpoints'}`;
  const parts = [checkpoint === 0 ? `${saved} with the engine` : `${saved} of ${formatBytes(checkpoint)}`];
  if (rollouts !== undefined) parts.push(`responses up to ${formatBytes(rollouts)}`);
  const free = freeDiskBytes === undefined ? '' : `; ${formatBytes(freeDiskBytes)} free`;
  return `up to ${formatBytes(total)}: ${parts.join(', ')}${free}`;
}

function describeTime({ time, iterations: planned }: MachinePlan): string {
  if (time === undefined) return 'not measured yet on this machine; known after the first iteration';
  const { secondsPerIteration, iterations, from } = time;
  const each = formatNumber(Number(secondsPerIteration.toPrecision(2)));
  const all = formatDuration(secondsPerIteration * planned * 1000);
  return `about ${each} s per iteration, ${all} in all without evaluations (median of ${iterations} in ${from})`;
}

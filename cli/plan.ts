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
import type { MemoryPlan, PlanRequest, RunPlan } from '../core/plan/types.js';
import { formatBytes } from '../core/plan/units.js';
import { createRandom } from '../core/random.js';
import { silentEvents } from '../core/silent-events.js';
import type { RunSizes } from '../core/contracts/run-sizes.js';
import { isOrzError } from '../core/errors.js';
import type { GatheredConfig } from './config/gather.js';
import { isServable } from './cluster/demands.js';
import { assumedPrice, clusterRows } from './cluster/figures.js';
import { diskTooSmall } from './errors.js';
import { inspectMachine, type Machine } from './plan/machine.js';
import { describeCost, describeEstimate, estimateTime, type TimeEstimate } from './plan/estimate.js';
import { inspectGpu, type Gpu } from './plan/gpu.js';
import { memoryUses, tensorPlace, worstUse, type MemoryUse } from './plan/memory.js';
import { describedModel } from './plan/model.js';
import { describeEngine, enginePlanOf, type EnginePlan } from './plan/engine.js';
import { measuredTime, type MeasuredTime } from './plan/time.js';
import { createNodePlatform } from './platform/node-platform.js';
import { formatDuration, formatNumber } from './terminal/format.js';

/** A plan, and what this machine offers for it. */
export interface MachinePlan extends RunPlan {
  readonly device: { readonly backend: string; readonly provider?: string };
  readonly machine: Machine;
  /** Only where a GPU computes and tells its memory. */
  readonly gpu?: Gpu;
  /** Each memory whose size is known; absent if the memory of the run is not. */
  readonly memoryUses?: readonly MemoryUse[];
  readonly disk?: DiskPlan;
  /** Time and price of the whole run; only if it was to be measured. */
  readonly estimate?: TimeEstimate;
  /** Absent until a run with these settings has been measured here. */
  readonly time?: MeasuredTime;
  /** Why the base model, and so parameters, memory and disk, are not known. */
  readonly unknownModel?: string;
  /** Bytes that are missing, if any; of memory where most are missing. */
  readonly missing: { readonly memory: number; readonly disk: number };
  /** Settings with which the memory would suffice; only if it does not. */
  readonly wouldFit?: FittingSettings;
  /** An engine that is somewhere else. */
  readonly engine?: EnginePlan;
  /** The smallest cluster for the run; only if it fits here with no settings, and there is one. */
  readonly cluster?: ClusterPlan;
}

export interface PlanOptions {
  /** Where `runs/` is; the current folder of the process if absent. */
  readonly cwd?: string;
  /** What this machine offers, where it is known already. */
  readonly machine?: Machine;
}

/**
 * Estimates a run before anything loads: starts only parts that are pure arithmetic and no device, writes nothing. A
 * model that cannot be described is told in the plan.
 */
export async function planOf(resolved: ResolvedConfig, options: PlanOptions = {}): Promise<MachinePlan> {
  const { config } = resolved;
  const { cwd = process.cwd(), machine = await inspectMachine(resolve(cwd, config.runDir ?? 'runs')) } = options;
  const { request, unknownModel } = await planRequestOf(resolved);
  const plan = planRun(request);
  const place = tensorPlace(config);
  const gpu = place === 'host' ? undefined : await inspectGpu();
  const uses = plan.memory && memoryUses(plan.memory, place, { machine, gpu });
  const disk = diskOf(resolved, request, plan);
  const worst = worstUse(uses ?? []);
  const missing = {
    memory: worst === undefined ? 0 : worst.needed - worst.usable,
    disk: Math.max(0, (disk?.models ?? 0) - (machine.freeDiskBytes ?? Infinity)),
  };
  const fits = (memory: MemoryPlan): boolean => worstUse(memoryUses(memory, place, { machine, gpu })) === undefined;
  const wouldFit = missing.memory > 0 ? settingsThatFit(request, fits) : undefined;
  const cluster = missing.memory > 0 && wouldFit === undefined ? clusterFor(request) : undefined;
  const time = await measuredTime(config, cwd);
  const engine = await enginePlanOf(resolved);
  const { type: backend, provider } = config.backend;
  return {
    ...plan,
    device: { backend, ...(typeof provider === 'string' && { provider }) },
    machine,
    missing,
    ...(gpu && { gpu }),
    ...(uses && { memoryUses: uses }),
    ...(disk && { disk }),
    ...(time && { time }),
    ...(unknownModel !== undefined && { unknownModel }),
    ...(wouldFit && { wouldFit }),
    ...(cluster && { cluster }),
    ...(engine && { engine }),
  };
}

/** With how long the run will take, and what it costs. Computes on the device of the run for about a second. */
export async function measuredPlanOf(
  gathered: Pick<GatheredConfig, 'resolved' | 'layers' | 'plugins'>,
  { price, ...options }: PlanOptions & { readonly price?: number } = {},
): Promise<MachinePlan> {
  const plan = await planOf(gathered.resolved, options);
  if (plan.engine !== undefined || plan.missing.memory > 0) return plan;
  const { request } = await planRequestOf(gathered.resolved);
  const estimate = await estimateTime({ ...gathered, request, disk: plan.disk, price });
  return { ...plan, ...(estimate && { estimate }) };
}

function diskOf(resolved: ResolvedConfig, request: PlanRequest, plan: RunPlan): DiskPlan | undefined {
  const { parameters, wire } = plan;
  return parameters && planDisk({ ...request, parameters, keptByEngine: wire !== undefined, ...rolloutsOf(resolved) });
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
  const model = await describedModel(resolved).catch((error: unknown) => ({
    unknownModel: error instanceof Error ? error.message : String(error),
  }));
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
  const { machine, disk, missing, wouldFit, memoryUses: uses = [] } = plan;
  const worst = worstUse(uses);
  if (worst)
    requireMemory(
      plan,
      { bytes: worst.usable, needed: worst.needed, where: worst.where },
      { ...(wouldFit && { flags: flagsOf(wouldFit) }), clusterSteps },
    );
  if (missing.disk > 0 && disk !== undefined) throw diskTooSmall(disk, machine.freeDiskBytes ?? 0);
}

const flagsOf = (settings: FittingSettings): string =>
  Object.entries(settings)
    .map(([path, value]) => `--set ${path}=${value}`)
    .join(' ');

type Row = readonly [label: string, value: string];

/** The plan as lines to print. */
export function planLines(plan: MachinePlan): string[] {
  const { machine, disk, unknownModel } = plan;
  const rows: Row[] = [...describePlan(plan)];
  if (unknownModel !== undefined) rows.push(['model', `not known yet: ${unknownModel}`]);
  if (disk) rows.push(['disk', describeDisk(disk, machine)]);
  rows.push(plan.engine ? ['engine', describeEngine(plan.engine)] : ['device', describeDevice(plan)]);
  rows.push(...timeRows(plan));
  const cluster = plan.cluster && clusterRows(plan.cluster, plan.iterations, assumedPrice);
  return [
    ...rows.map(([label, value]) => `  ${label.padEnd(14)}${value}`),
    ...(cluster === undefined ? [] : ['  on a cluster']),
    ...(cluster ?? []).map(([label, value]) => `    ${label.padEnd(14)}${value}`),
  ];
}

function describeDevice({ device: { backend, provider }, machine, gpu }: MachinePlan): string {
  const name = provider === undefined ? backend : `${backend}, provider ${provider}`;
  const { cores, memoryBytes, freeMemoryBytes } = machine;
  const memory = `${formatBytes(freeMemoryBytes)} of ${formatBytes(memoryBytes)} memory free`;
  const ofGpu = gpu && `; ${gpu.name}, ${formatBytes(gpu.freeBytes)} of ${formatBytes(gpu.memoryBytes)} free`;
  return `${name}; ${cores} CPU cores, ${memory}${ofGpu ?? ''}`;
}

function describeDisk({ checkpoint, checkpoints, rollouts, total }: DiskPlan, { freeDiskBytes }: Machine): string {
  const saved = `${checkpoints} ${checkpoints === 1 ? 'checkpoint' : 'checkpoints'}`;
  const parts = [checkpoint === 0 ? `${saved} with the engine` : `${saved} of ${formatBytes(checkpoint)}`];
  if (rollouts !== undefined) parts.push(`responses up to ${formatBytes(rollouts)}`);
  const free = freeDiskBytes === undefined ? '' : `; ${formatBytes(freeDiskBytes)} free`;
  return `up to ${formatBytes(total)}: ${parts.join(', ')}${free}`;
}

function timeRows({ time, estimate, iterations }: MachinePlan): Row[] {
  const earlier = time && describeEarlier(time, iterations);
  if (estimate === undefined || 'problem' in estimate) {
    const why = estimate === undefined ? 'known after the first iteration; --dry-run measures it' : estimate.problem;
    return [['time', earlier ?? why]];
  }
  const cost = describeCost(estimate);
  return [
    ['time', [...describeEstimate(estimate), ...(earlier === undefined ? [] : [earlier])].join(`\n${' '.repeat(16)}`)],
    ...(cost === undefined ? [] : [['cost', cost] as const]),
  ];
}

function describeEarlier({ secondsPerIteration, iterations, from }: MeasuredTime, planned: number): string {
  const each = formatNumber(Number(secondsPerIteration.toPrecision(2)));
  const all = formatDuration(secondsPerIteration * planned * 1000);
  return `about ${each} s per iteration, ${all} in all without evaluations (median of ${iterations} in ${from})`;
}

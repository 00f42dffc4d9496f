import { resolve } from 'node:path';
import type { DecoderConfig } from '../../core/compute/nn/config.js';
import type { RunConfig } from '../../core/config/schema.js';
import { planCluster, smallestCluster, type ClusterPlan } from '../../core/plan/cluster.js';
import type { PlanRequest } from '../../core/plan/types.js';
import { criticScale } from '../../core/tinker/critic-scale.js';
import type { GatheredConfig } from '../config/gather.js';
import { isPath } from '../config/import-module.js';
import { planRequestOf } from '../plan.js';
import { assumedPrice } from './figures.js';
import { notANumber, unknownArchitecture } from './errors.js';
import { requireServable } from './demands.js';

/** What a user may say about the cluster, as typed. */
export interface ShapeFlags {
  readonly nodes?: string;
  readonly gpusPerNode?: string;
  /** US dollars per GPU-hour. */
  readonly price?: string;
}

/** Everything the generated files are made of. */
export interface ClusterSpec {
  /** Of the run, fit for names of files and of Kubernetes: letters, digits and hyphens. */
  readonly name: string;
  /** What the servers load: owner/name on the hub, or an absolute path that every node has. */
  readonly model: string;
  readonly config: RunConfig;
  readonly architecture: DecoderConfig;
  readonly plan: ClusterPlan;
  /** By which the critic's gradient is divided on the server: that of the configuration, or the usual one. */
  readonly criticScale: number;
  /** US dollars per GPU-hour, from the flag or an assumption. */
  readonly price: number;
}

/** The folder for the files of a run where none is given; `name` as in {@link ClusterSpec}. */
export const folderOf = (name: string): string => `cluster-${name}`;

/** The name of a run, fit for files and Kubernetes. */
export const nameOf = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');

/**
 * Plans the cluster of a run. Throws ORZ_CAPABILITY for settings that SkyRL cannot honour, ORZ_INSUFFICIENT where the
 * GPUs do not suffice, ORZ_USAGE for flags.
 */
export async function clusterSpec(gathered: GatheredConfig, flags: ShapeFlags): Promise<ClusterSpec> {
  const { config } = gathered.resolved;
  const { request, unknownModel } = await planRequestOf(gathered.resolved);
  const { architecture } = request;
  if (architecture === undefined) throw unknownArchitecture(unknownModel ?? 'it is not described');
  requireServable(config, { architecture, reference: request.reference });
  const path = String(config.model['path']);
  return {
    name: nameOf(gathered.name),
    model: isPath(path) ? resolve(path) : path,
    config,
    architecture,
    plan: planCluster(request, shapeOf(flags, request)),
    criticScale: scaleOf(config),
    price: flags.price === undefined ? assumedPrice : positive('--price', flags.price, /^\d+(\.\d+)?$/),
  };
}

const scaleOf = ({ engine }: RunConfig): number =>
  typeof engine['criticScale'] === 'number' ? engine['criticScale'] : criticScale;

function shapeOf({ nodes, gpusPerNode }: ShapeFlags, request: PlanRequest) {
  const perNode = gpusPerNode === undefined ? undefined : positive('--gpus-per-node', gpusPerNode, /^\d{1,2}$/);
  if (nodes === undefined) return smallestCluster(request, perNode);
  return { nodes: positive('--nodes', nodes, /^\d{1,4}$/), gpusPerNode: perNode ?? 8 };
}

function positive(flag: string, text: string, form: RegExp): number {
  const value = Number(text);
  if (form.test(text) && value > 0) return value;
  throw notANumber(flag, text);
}

import { clusterFiles } from '../../../cli/cluster/files.js';
import { clusterSpec, type ClusterSpec, type ShapeFlags } from '../../../cli/cluster/spec.js';
import { gatherConfig, type ConfigFlags, type GatheredConfig } from '../../../cli/config/gather.js';

/** The files of a run, by name, and what they are made of. */
export interface GeneratedCluster {
  readonly spec: ClusterSpec;
  readonly gathered: GatheredConfig;
  readonly text: (name: string) => string;
  readonly names: readonly string[];
}

/** Generates the files for `flags`, without writing them. */
export async function generate(flags: ConfigFlags, shape: ShapeFlags = {}): Promise<GeneratedCluster> {
  const gathered = await gatherConfig({ config: false, ...flags }, process.cwd());
  const spec = await clusterSpec(gathered, shape);
  const files = new Map((await clusterFiles(spec, gathered, 'there')).map(({ name, text }) => [name, text]));
  return { spec, gathered, names: [...files.keys()], text: (name) => files.get(name)! };
}

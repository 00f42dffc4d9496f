import { createHash } from 'node:crypto';
import type { GatheredConfig } from '../config/gather.js';
import { backendConfig } from './backend-config.js';
import { clientConfig } from './client-config.js';
import { environmentFile } from './environment.js';
import { kubeRayFile } from './kuberay.js';
import { readmeFile } from './readme.js';
import type { ClusterSpec } from './spec.js';
import { templateFiles, type ClusterFile } from './templates.js';
import { requirements } from './versions.js';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The backend configuration as the server reads it, and its hash, by which a run and its server are told apart. */
export function backendFile(spec: ClusterSpec): { readonly text: string; readonly hash: string } {
  const text = `${JSON.stringify(backendConfig(spec), null, 2)}\n`;
  return { text, hash: sha256(text) };
}

/**
 * All files for the cluster of a run, `SHA256SUMS` last; `folder` is where they will lie. The same run gives the same
 * bytes.
 */
export async function clusterFiles(
  spec: ClusterSpec,
  gathered: GatheredConfig,
  folder: string,
): Promise<ClusterFile[]> {
  const backend = backendFile(spec);
  const served: ClusterFile[] = [
    { name: 'skyrl.json', text: backend.text },
    { name: 'requirements.txt', text: requirements(backend.hash) },
    environmentFile(spec),
    ...(await templateFiles(spec)),
    kubeRayFile(spec),
  ];
  const sums = served.map(({ name, text }) => `${sha256(text)}  ${name}\n`).join('');
  return [
    ...served,
    clientConfig(gathered, spec),
    readmeFile(spec, { folder, hash: backend.hash }),
    { name: 'SHA256SUMS', text: sums },
  ];
}

import { join } from 'node:path';
import { usualUrl } from './client-config.js';
import { orzCommand } from './commands.js';
import { clusterRows } from './figures.js';
import type { ClusterFile } from './templates.js';
import type { ClusterSpec } from './spec.js';
import { skyrlVersion } from './versions.js';

interface ReadmeFacts {
  /** Where the files lie on this machine. */
  readonly folder: string;
  /** SHA-256 of skyrl.json. */
  readonly hash: string;
}

/** `README.md`: from GPUs to a running training in ten commands. */
export function readmeFile(spec: ClusterSpec, { folder, hash }: ReadmeFacts): ClusterFile {
  const { name, plan, price } = spec;
  const config = join(folder, 'orz.config.json');
  const rows = clusterRows(plan, spec.config.iterations, price).map(([label, value]) => `- **${label}**: ${value}`);
  const lines = [
    `# ${name} on ${plan.gpus} GPUs`,
    '',
    `Written by \`orz-train cluster\` for SkyRL ${skyrlVersion}. SHA-256 of skyrl.json:`,
    `\`${hash}\`.`,
    'Models, optimizer and sampler live on the cluster, behind the Tinker API; rewards, advantages, losses and the',
    'training loop run on your own machine. What was tried of this, and on what: docs/cluster.md of the package.',
    '',
    ...rows,
    '',
    ...tenCommands(config),
    ...facts(spec),
  ];
  return { name: 'README.md', text: lines.join('\n') };
}

const tenCommands = (config: string): string[] => [
  '## Ten commands',
  '',
  'On the cluster, in a copy of this folder; every node needs Linux, a driver for CUDA 13, git and uv:',
  '',
  '```bash',
  '# 1. on every node: installs SkyRL, compares versions, mends the critic',
  './setup.sh',
  '# 2. on the first node',
  './ray.sh head',
  '# 3. on every other node; HEAD is the address of the first',
  './ray.sh worker HEAD',
  '# 4. on the first node: the server',
  './serve.sh',
  '```',
  '',
  'On your own machine, in the folder where these files were written:',
  '',
  '```bash',
  '# 5. leave it open',
  'ssh -N -L 8000:127.0.0.1:8000 HEAD',
  '# 6. proves the server before it costs anything',
  orzCommand(['cluster', 'check', '--url', usualUrl, '--config', config]),
  '# 7. the problems are here, and their prompts fit',
  orzCommand(['data', '--config', config]),
  '# 8. the plan',
  orzCommand(['--config', config, '--dry-run']),
  '# 9. the run',
  orzCommand(['--config', config]),
  '# 10. its curves',
  orzCommand(['dashboard']),
  '```',
  '',
  'In place of 2 to 4: `sbatch slurm.sbatch` on SLURM, or `kubectl apply -f kuberay.yaml` with KubeRay (read its',
  'first lines). The server loads policy and critic when the client asks for them, which takes minutes.',
  '',
];

const facts = ({ plan, criticScale }: ClusterSpec): string[] => [
  '## What to know',
  '',
  '- The API has no key. It listens on 127.0.0.1 of the head; Ray listens on all addresses of every node. Keep both in',
  '  a private network.',
  `- The critic's \`max_grad_norm\` is ours divided by ${criticScale}: its gradient arrives divided by that number.`,
  '- Of the optimizer only the learning rate travels; the rest is in skyrl.json. After a change of the configuration',
  '  write these files again: serve.sh refuses files that were changed by hand (SHA256SUMS).',
  '- One run at a time: the server holds one policy and one critic. A client that was killed leaves them there for 15',
  '  minutes; starting the server again is faster.',
  `- A checkpoint takes ${Math.round(plan.checkpointBytes / 1e9)} GB in ORZ_CHECKPOINTS, which all nodes must see.`,
  '- The database of the API keeps every request: use PostgreSQL (ORZ_DATABASE_URL) for more than a few iterations,',
  '  and blank what is finished: `psql "$ORZ_DATABASE_URL" -f blank-finished.sql`, from cron.',
  '- Stop strings and limits travel with each request; vLLM also stops at the end token of the model.',
  '',
];

import { shellQuote } from '../../core/shell-quote.js';
import type { ClusterSpec } from './spec.js';
import type { ClusterFile } from './templates.js';

/** `env.sh`: what the scripts share; whatever starts with ORZ_ may be set before. */
export function environmentFile({ model, plan: { nodes, gpusPerNode } }: ClusterSpec): ClusterFile {
  return {
    name: 'env.sh',
    text: [
      '# shellcheck shell=bash',
      '# What the other scripts share. Written by orz-train cluster; set ORZ_… in the environment to change them.',
      `export model=${shellQuote(model)}`,
      `export nodes=${nodes} gpus_per_node=${gpusPerNode}`,
      '# Checkout of SkyRL with its environment: the same path on every node.',
      'export ORZ_SKYRL="${ORZ_SKYRL:-$HOME/orz-skyrl}"',
      '# Checkpoints: a folder that every node sees.',
      'export ORZ_CHECKPOINTS="${ORZ_CHECKPOINTS:-$HOME/orz-checkpoints}"',
      '# Requests and results of the API: PostgreSQL for a long run, postgresql://user:password@host/name.',
      'export ORZ_DATABASE_URL="${ORZ_DATABASE_URL:-sqlite:///$HOME/orz-tinker.db}"',
      '# The API has no key of its own: whoever reaches this address can use and delete everything.',
      'export ORZ_HOST="${ORZ_HOST:-127.0.0.1}" ORZ_PORT="${ORZ_PORT:-8000}"',
      '# Ray must not build an environment of its own for each worker: it would lack the critic fix.',
      'export RAY_ENABLE_UV_RUN_RUNTIME_ENV=0 RAY_USAGE_STATS_ENABLED=0',
      '# The first start downloads and loads the model on every node.',
      'export SKYRL_RAY_PG_TIMEOUT_IN_S="${SKYRL_RAY_PG_TIMEOUT_IN_S:-1800}"',
      '',
    ].join('\n'),
  };
}

#!/usr/bin/env bash
# Starts or stops Ray on this node: ray.sh head, ray.sh worker ADDRESS-OF-HEAD, ray.sh stop.
# Ray listens without a key: only the nodes of the cluster may reach its ports.
# Written by orz-train cluster.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=env.sh
. "$here/env.sh"
export PATH="$ORZ_SKYRL/.venv/bin:$PATH"
# A worker may start before the head does.
retry() { for _ in {1..30}; do "$@" && return; sleep 10; done; return 1; }
case "${1:-}" in
  head) ray start --head --port=6379 --num-gpus="$gpus_per_node" --dashboard-host=127.0.0.1 "${@:2}" ;;
  worker) retry ray start --address="${2:?address of the head}:6379" --num-gpus="$gpus_per_node" "${@:3}" ;;
  stop) ray stop ;;
  *) echo "ray.sh head | ray.sh worker ADDRESS | ray.sh stop" >&2; exit 2 ;;
esac

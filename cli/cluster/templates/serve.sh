#!/usr/bin/env bash
# Starts the Tinker API server, which starts its engine beside it: on the head, once Ray runs.
# Written by orz-train cluster.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=env.sh
. "$here/env.sh"
(cd "$here" && sha256sum --check --quiet SHA256SUMS)
export VIRTUAL_ENV="$ORZ_SKYRL/.venv" PATH="$ORZ_SKYRL/.venv/bin:$PATH" RAY_ADDRESS="${RAY_ADDRESS:-auto}"
python "$here/orz_skyrl_critic.py" check
mkdir -p "$ORZ_CHECKPOINTS"
python "$here/wait_for_gpus.py" "$((nodes * gpus_per_node))"
# A client beats every 10 s; one that is gone leaves its models for 15 minutes.
# uv must be the parent: the API starts its engine with the flags of the uv that started it.
exec uv run --no-project --active -m skyrl.tinker.api --base-model "$model" --backend fsdp \
  --backend-config "$(cat "$here/skyrl.json")" --checkpoints-base "$ORZ_CHECKPOINTS" \
  --database-url "$ORZ_DATABASE_URL" --host "$ORZ_HOST" --port "$ORZ_PORT" --session-timeout-sec 900

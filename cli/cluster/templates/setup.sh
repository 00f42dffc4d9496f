#!/usr/bin/env bash
# Installs SkyRL and the critic fix: once on every node, or once where the nodes share a disk.
# Written by orz-train cluster.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=env.sh
. "$here/env.sh"
command -v uv > /dev/null || { echo "uv is missing: https://docs.astral.sh/uv" >&2; exit 1; }
if [ ! -d "$ORZ_SKYRL/.git" ]; then
  git clone --depth 1 --branch @SKYRL_TAG@ @SKYRL_REPOSITORY@ "$ORZ_SKYRL"
fi
uv sync --project "$ORZ_SKYRL" --locked --python @PYTHON_VERSION@ --extra tinker --extra fsdp
"$ORZ_SKYRL/.venv/bin/python" "$here/check_versions.py" "$here/requirements.txt"
"$ORZ_SKYRL/.venv/bin/python" "$here/orz_skyrl_critic.py" install

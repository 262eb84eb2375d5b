#!/usr/bin/env bash
# Installs the clients of requirements.txt below build/compat (once) and runs clients_test.py with them.
#   clients_test.sh FRONT_SERVER [unittest arguments]
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
clients=$(cd "$here/../../.." && pwd)/build/compat/postgres-clients
if ! cmp -s "$here/requirements.txt" "$clients/requirements.txt"; then
    python3 -m venv --clear "$clients"
    "$clients/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    cp "$here/requirements.txt" "$clients/requirements.txt"
fi
export PYTHONDONTWRITEBYTECODE=1
exec "$clients/bin/python" "$here/clients_test.py" "$@"

#!/usr/bin/env bash
# Stops the server that start.sh started in FOLDER.
set -euo pipefail
folder=$(realpath "$1")
as_server=()
if [ "$(id -u)" = 0 ]; then as_server=(runuser -u postgres --); fi
"${as_server[@]}" /usr/lib/postgresql/15/bin/pg_ctl -D "$folder/data" -m fast -w stop >/dev/null

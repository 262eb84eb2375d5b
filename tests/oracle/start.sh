#!/usr/bin/env bash
# Starts a private PostgreSQL 15 (the oracle of the SQL tests) in a folder and prints its connection string; stop it
# with `stop.sh FOLDER`. UTF8 and C.UTF-8, as Sluice is; listens on a unix socket in the folder only.
#   tests/oracle/start.sh FOLDER [PORT]
set -euo pipefail
folder=$(realpath -m "$1")
port=${2:-5433}
bin=/usr/lib/postgresql/15/bin
[ -x "$bin/initdb" ] || { echo "PostgreSQL 15 is missing: install postgresql-15" >&2; exit 1; }
as_server=()
if [ "$(id -u)" = 0 ]; then as_server=(runuser -u postgres --); fi
if [ ! -d "$folder/data" ]; then
    mkdir -p "$folder"
    if [ "$(id -u)" = 0 ]; then chown postgres "$folder"; fi
    "${as_server[@]}" "$bin/initdb" -D "$folder/data" -U postgres -A trust --encoding=UTF8 --locale=C.UTF-8 >"$folder/initdb.log"
fi
"${as_server[@]}" "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/server.log" \
    -o "-p $port -c listen_addresses='' -c unix_socket_directories='$folder' ${PG_ORACLE_OPTIONS:-}" start >/dev/null
echo "host=$folder port=$port user=postgres dbname=postgres"

#!/usr/bin/env bash
# Drives a running server with psql, psycopg 3 and libpqxx and checks what comes back by content. The
# same cases run against PostgreSQL 15, the reference.
#
#   PG_DSN="host=127.0.0.1 port=5432 user=root password=... dbname=sluice" compat-tests/postgres/run.sh [test names]
#   compat-tests/postgres/run.sh --reference [test names]   against a private PostgreSQL 15 made for the run
#   compat-tests/postgres/run.sh [test names]               against a server of our own started for the run
#
# Clients are pinned in requirements.txt and live under build/. Cases that we answer otherwise are named
# in compat-tests/differences/postgres.md, and PG_SERVER (sluice or reference) tells the cases apart.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
clients=$root/build/compat/postgres-clients
programs=$root/build/compat/postgres-programs

if ! cmp -s "$here/requirements.txt" "$clients/requirements.txt"; then
    python3 -m venv --clear "$clients"
    "$clients/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    cp "$here/requirements.txt" "$clients/requirements.txt"
fi
mkdir -p "$programs"
if [[ $here/pqxx_program.cpp -nt $programs/pqxx_program ]]; then
    read -ra flags <<<"$(pkg-config --cflags --libs libpqxx)"
    g++ -std=c++17 -O1 -o "$programs/pqxx_program" "$here/pqxx_program.cpp" "${flags[@]}"
fi
export PQXX_PROGRAM=$programs/pqxx_program

export PG_SERVER=${PG_SERVER:-sluice}
if [[ ${1:-} == --reference ]]; then
    shift
    PG_SERVER=reference
    data=$(mktemp -d)
    chmod 755 "$data"
    stop_server() {
        "$root/tests/oracle/stop.sh" "$data"
        rm -rf "$data"
    }
    "$root/tests/oracle/start.sh" "$data" 5489 >/dev/null
    trap stop_server EXIT
    psql -X -q "host=$data port=5489 user=postgres" \
        -c "create role root login superuser password 'compat'" -c 'create database sluice owner root'
    export PG_DSN="host=$data port=5489 user=root password=compat dbname=sluice"
elif [[ -z ${PG_DSN:-} ]]; then
    data=$(mktemp -d)
    export SLUICE_DATA=$data SLUICE_ROOT_USER=root SLUICE_ROOT_PASSWORD=compat-secret-0123456789
    export SLUICE_S3_PORT=0 SLUICE_KAFKA_PORT=0 SLUICE_PG_PORT=0 SLUICE_ADMIN_PORT=0
    stop_server() {
        "$root/deploy/run.sh" --stop
        rm -rf "$data" "$data.key"
    }
    "$root/deploy/run.sh" --detach
    trap stop_server EXIT
    address=$("${SLUICE_BINARY:-$root/build/release/bin/sluice}" status --field pg)
    export PG_DSN="host=${address%:*} port=${address##*:} user=root password=$SLUICE_ROOT_PASSWORD dbname=sluice"
fi

export PATH=$clients/bin:$PATH PYTHONDONTWRITEBYTECODE=1
cd "$here"
if (($#)); then
    python -m unittest -v "$@"
else
    python -m unittest discover -v -p 'test_*.py'
fi

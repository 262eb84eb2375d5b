#!/usr/bin/env bash
# Drives a running S3 server with boto3 and the aws command line and checks what comes back by content.
#
#   S3_ENDPOINT=http://127.0.0.1:9000 S3_ACCESS_KEY=root S3_SECRET_KEY=... compat-tests/s3/run.sh [test names]
#   SLUICE_BINARY=build/release/bin/sluice compat-tests/s3/run.sh      starts a server of its own for the run
#
# Clients are pinned in requirements.txt and live under build/; what we answer differently from S3, and why, is
# in compat-tests/differences/s3.md. S3_REGION defaults to us-east-1.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
clients=$root/build/compat/s3-clients

if ! cmp -s "$here/requirements.txt" "$clients/requirements.txt"; then
    python3 -m venv --clear "$clients"
    "$clients/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    cp "$here/requirements.txt" "$clients/requirements.txt"
fi

if [[ -z ${S3_ENDPOINT:-} ]]; then
    data=$(mktemp -d)
    export SLUICE_DATA=$data SLUICE_ROOT_USER=root SLUICE_ROOT_PASSWORD=compat-secret-0123456789
    export SLUICE_S3_PORT=0 SLUICE_KAFKA_PORT=0 SLUICE_PG_PORT=0 SLUICE_ADMIN_PORT=0
    export SLUICE_S3_WEBSITE_DOMAINS=web.test
    stop_server() {
        "$root/deploy/run.sh" --stop
        rm -rf "$data" "$data.key"
    }
    "$root/deploy/run.sh" --detach
    trap stop_server EXIT
    S3_ENDPOINT=$("${SLUICE_BINARY:-$root/build/release/bin/sluice}" status --field s3)
    export S3_ENDPOINT S3_ACCESS_KEY=root S3_SECRET_KEY=$SLUICE_ROOT_PASSWORD
fi

export PATH=$clients/bin:$PATH PYTHONDONTWRITEBYTECODE=1
cd "$here"
if (($#)); then
    python -m unittest -v "$@"
else
    python -m unittest discover -v -p 'test_*.py'
fi

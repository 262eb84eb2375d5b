#!/usr/bin/env bash
# Real work by the S3 clients people use, each checked by the content that comes back.
#
#   SLUICE_BINARY=build/release/bin/sluice compat-tests/s3/clients.sh [client names]
#   S3_ENDPOINT=http://127.0.0.1:9000 S3_ACCESS_KEY=root S3_SECRET_KEY=... compat-tests/s3/clients.sh
#
# A client is a folder of clients/: `install` brings the pinned client through the ordinary registries into
# build/compat/s3-<name> and may be run again; `check` works with it and prints one line for each thing it
# proved, "ok NAME CHECK" or "FAIL NAME CHECK". A client that cannot be installed or run on this machine is
# "absent NAME: why" and counts as nothing. Without names all clients run, one at a time. aws-cli and boto3
# have suites of their own (run.sh). Every `check` is bounded by CLIENT_DEADLINE seconds.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
deadline=${CLIENT_DEADLINE:-900}

python=$root/build/compat/s3-clients
if ! cmp -s "$here/requirements.txt" "$python/requirements.txt"; then
    python3 -m venv --clear "$python"
    "$python/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    cp "$here/requirements.txt" "$python/requirements.txt"
fi

work=$(mktemp -d)
stop_server() { :; }
clean() {
    stop_server
    rm -rf "$work"
}
trap clean EXIT
trap 'exit 143' INT TERM

if [[ -z ${S3_ENDPOINT:-} ]]; then
    export SLUICE_DATA=$work/data SLUICE_ROOT_USER=root SLUICE_ROOT_PASSWORD=compat-secret-0123456789
    export SLUICE_S3_PORT=0 SLUICE_KAFKA_PORT=0 SLUICE_PG_PORT=0 SLUICE_ADMIN_PORT=0
    "$root/deploy/run.sh" --detach
    stop_server() { "$root/deploy/run.sh" --stop; }
    S3_ENDPOINT=$("${SLUICE_BINARY:-$root/build/release/bin/sluice}" status --field s3)
    S3_ACCESS_KEY=root S3_SECRET_KEY=$SLUICE_ROOT_PASSWORD
fi
export S3_ENDPOINT S3_ACCESS_KEY S3_SECRET_KEY S3_REGION=${S3_REGION:-us-east-1}
export CLIENTS=$here/clients OBJECTS="$python/bin/python $here/clients/objects.py" PYTHONDONTWRITEBYTECODE=1

family=s3
# shellcheck source=compat-tests/run_clients.bash
source "$root/compat-tests/run_clients.bash"

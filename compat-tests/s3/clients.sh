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

run_client() {
    local name=$1
    export CLIENT=$name CLIENT_HOME=$root/build/compat/s3-$name WORK=$work/$name
    mkdir -p "$CLIENT_HOME" "$WORK"
    if ! (cd "$CLIENT_HOME" && nice "$here/clients/$name/install") >"$work/install.log" 2>&1; then
        echo "absent $name: $(grep -v '^ *$' "$work/install.log" | tail -n 1)"
        return
    fi
    local status=0
    (cd "$WORK" && exec timeout "$deadline" "$here/clients/$name/check") 2>"$work/errors" |
        tee -a "$work/results" || status=$?
    if ((status)); then
        echo "FAIL $name ends well: status $status" | tee -a "$work/results"
        tail -n 20 "$work/errors" | sed 's/^/    /'
    fi
    rm -rf "$WORK"
}

touch "$work/results"
names=("$@")
if ((!$#)); then
    for check in "$here"/clients/*/check; do
        names+=("$(basename "$(dirname "$check")")")
    done
fi
for name in "${names[@]}"; do
    run_client "$name"
done

passed=$(awk '$1 == "ok"' "$work/results" | wc -l)
failed=$(awk '$1 == "FAIL"' "$work/results" | wc -l)
echo "$passed passed, $failed failed"
((failed == 0 && passed > 0))

#!/usr/bin/env bash
# Real work by the Kafka clients people use, each checked by the content that comes back.
#
#   SLUICE_BINARY=build/release/bin/sluice compat-tests/kafka/clients.sh [client names]
#   KAFKA_SERVER=127.0.0.1:9092 [KAFKA_USER=root KAFKA_PASSWORD=...] compat-tests/kafka/clients.sh [client names]
#
# A client is a folder of clients/: `install` brings the pinned client through the ordinary registries into
# build/compat/kafka-<name> and may be run again; `check` works with it and prints one line for each thing it
# proved, "ok NAME CHECK" or "FAIL NAME CHECK". A client that cannot be installed or run on this machine is
# "absent NAME: why" and counts as nothing. Without names all clients run, one at a time. kcat, confluent-kafka
# and the Java client have a suite of their own (run.sh), Kafka's command-line tools too (tools/run.sh).
#
# Against a server of its own the clients also kill it (kill -9) and start it again on the same port
# (clients/restart_server); without KAFKA_USER the server named speaks PLAINTEXT, as a Kafka peer does.
# Every `check` is bounded by CLIENT_DEADLINE seconds; on a busy machine CLIENT_PATIENCE=4 makes the waits within the
# Java checks four times as long.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
deadline=${CLIENT_DEADLINE:-$((600 * ${CLIENT_PATIENCE:-1}))}

work=$(mktemp -d)
stop_server() { :; }
clean() {
    stop_server
    rm -rf "$work"
}
trap clean EXIT
trap 'exit 143' INT TERM

if [[ -z ${KAFKA_SERVER:-} ]]; then
    export SLUICE_BINARY=${SLUICE_BINARY:-$root/build/release/bin/sluice}
    export SLUICE_DATA=$work/data SLUICE_ROOT_USER=root SLUICE_ROOT_PASSWORD=compat-secret-0123456789
    export SLUICE_S3_PORT=0 SLUICE_KAFKA_PORT=0 SLUICE_PG_PORT=0 SLUICE_ADMIN_PORT=0
    "$root/deploy/run.sh" --detach
    stop_server() { "$root/deploy/run.sh" --stop; }
    KAFKA_SERVER=$("$SLUICE_BINARY" status --field kafka)
    KAFKA_USER=root KAFKA_PASSWORD=$SLUICE_ROOT_PASSWORD
    SLUICE_KAFKA_PORT=${KAFKA_SERVER##*:}   # where it comes back after it was killed
fi
export KAFKA_SERVER KAFKA_USER=${KAFKA_USER:-} KAFKA_PASSWORD=${KAFKA_PASSWORD:-}
export CLIENTS=$here/clients SHARED=$root/compat-tests/s3/clients PYTHONDONTWRITEBYTECODE=1

# A file of the Java client's settings for the server.
export KAFKA_SETTINGS=$work/settings
{
    echo "bootstrap.servers=$KAFKA_SERVER"
    if [[ -n $KAFKA_USER ]]; then
        echo "security.protocol=SASL_PLAINTEXT"
        echo "sasl.mechanism=SCRAM-SHA-512"
        echo "sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required" \
            "username=\"$KAFKA_USER\" password=\"$KAFKA_PASSWORD\";"
    fi
} >"$KAFKA_SETTINGS"

family=kafka
# shellcheck source=compat-tests/run_clients.bash
source "$root/compat-tests/run_clients.bash"

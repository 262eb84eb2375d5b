#!/usr/bin/env bash
# Drives a running Kafka server with kcat (librdkafka), confluent-kafka and the Java client at its default settings,
# and checks what comes back by content. Streams, Connect, MirrorMaker and the clients of other languages: clients.sh.
#
#   KAFKA_SERVER=127.0.0.1:9092 KAFKA_USER=root KAFKA_PASSWORD=... compat-tests/kafka/run.sh
#   SLUICE_BINARY=build/release/bin/sluice compat-tests/kafka/run.sh   starts a server of its own for the run
#
# Needs kcat, java and mvn; the Java client is pinned in pom.xml, confluent-kafka in requirements.txt, and both live
# under build/. What we answer differently from Kafka, and why, is in compat-tests/differences/kafka.md.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
clients=$root/build/compat/kafka-clients

mkdir -p "$clients"
if ! cmp -s "$here/pom.xml" "$clients/pom.xml"; then
    mvn -q -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$clients/lib"
    mvn -q dependency:copy -Dartifact=org.apache.kafka:kafka-clients:3.9.1 -DoutputDirectory="$clients/old"
    cp "$here/pom.xml" "$clients/pom.xml"
fi
python=$root/build/compat/kafka-python
if ! cmp -s "$here/requirements.txt" "$python/requirements.txt"; then
    python3 -m venv --clear "$python"
    "$python/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    cp "$here/requirements.txt" "$python/requirements.txt"
fi
javac -cp "$clients/lib/*" -d "$clients/classes" "$here"/Java{Cases,Suite,Admin,Compaction,Transactions,ConsumerGroups}.java
javac -cp "$clients/old/*:$clients/lib/*" -d "$clients/old-classes" "$here"/Java{Cases,Transactions}.java

if [[ -z ${KAFKA_SERVER:-} ]]; then
    data=$(mktemp -d)
    export SLUICE_DATA=$data SLUICE_ROOT_USER=root SLUICE_ROOT_PASSWORD=compat-secret-0123456789
    export SLUICE_LIMITS_STORE_RETENTION_INTERVAL='200 ms'   # compaction is waited for
    export SLUICE_KAFKA_CONSUMER_SESSION_TIMEOUT='15 s' SLUICE_KAFKA_CONSUMER_HEARTBEAT='500 ms'   # one dies
    export SLUICE_KAFKA_TOPICS_CHECK='100 ms'
    export SLUICE_S3_PORT=0 SLUICE_KAFKA_PORT=0 SLUICE_PG_PORT=0 SLUICE_ADMIN_PORT=0
    stop_server() {
        "$root/deploy/run.sh" --stop
        rm -rf "$data" "$data.key"
    }
    "$root/deploy/run.sh" --detach
    trap stop_server EXIT
    KAFKA_SERVER=$("${SLUICE_BINARY:-$root/build/release/bin/sluice}" status --field kafka)
    export KAFKA_SERVER KAFKA_USER=root KAFKA_PASSWORD=$SLUICE_ROOT_PASSWORD
fi

passed=0 failed=0
check() {
    if "${@:2}"; then
        echo "ok $1"
        passed=$((passed + 1))
    else
        echo "failed $1"
        failed=$((failed + 1))
    fi
}

kcat_() {
    timeout 60 kcat -q -b "$KAFKA_SERVER" -X security.protocol=SASL_PLAINTEXT -X sasl.mechanism=PLAIN \
        -X sasl.username="$KAFKA_USER" -X sasl.password="$KAFKA_PASSWORD" "$@"
}
topic=kcat-$$
lists_brokers() { kcat_ -L | grep -q "broker 1 at "; }
round_trip() {
    seq 1 1000 | kcat_ -P -t "$topic-$1" -z "$1" -K : -k key
    diff <(seq 1 1000) <(kcat_ -C -t "$topic-$1" -o beginning -e)
}
group_goes_on() {
    diff <(seq 1 1000) <(kcat_ -G "$topic-group" -e -X auto.offset.reset=earliest "$topic-none")
    printf 'more\n' | kcat_ -P -t "$topic-none"
    diff <(echo more) <(kcat_ -G "$topic-group" -e "$topic-none")
}
idempotent() {
    seq 1 100 | kcat_ -P -t "$topic-once" -X enable.idempotence=true
    diff <(seq 1 100) <(kcat_ -C -t "$topic-once" -o beginning -e)
}
seeks_by_time() { [[ $(kcat_ -Q -t "$topic-none:0:1") == *"offset 0"* ]]; }
wrong_password_is_refused() {
    ! timeout 60 kcat -q -b "$KAFKA_SERVER" -X security.protocol=SASL_PLAINTEXT -X sasl.mechanism=PLAIN \
        -X sasl.username="$KAFKA_USER" -X sasl.password=wrong-password -L 2>"$clients/refused"
}

check "kcat lists brokers" lists_brokers
for codec in none gzip snappy lz4 zstd; do check "kcat round trip, $codec" round_trip "$codec"; done
check "kcat group goes on where it committed" group_goes_on
check "kcat idempotent producer" idempotent
check "kcat offset by time" seeks_by_time
check "kcat with a wrong password" wrong_password_is_refused

java_log=$clients/java.log
: >"$clients/java.err"
# NAME LAST CLASSPATH SUITE: every case, down to the last one: nothing ended before it.
java_suite() {
    if java -Xmx256m -cp "$3" "$4" >"$java_log" 2>>"$clients/java.err"; then echo "$1: every case passed"; fi
    cat "$java_log"
    passed=$((passed + $(awk '/^ok / { n++ } END { print n + 0 }' "$java_log")))
    failed=$((failed + $(awk '/^failed / { n++ } END { print n + 0 }' "$java_log")))
    if ! grep -q "^ok $2" "$java_log"; then failed=$((failed + 1)); fi
}
newest=$clients/lib/*:$clients/classes
java_suite "clients" 'SCRAM-SHA-512' "$newest" JavaSuite
java_suite "admin" 'cluster, log directories' "$newest" JavaAdmin
java_suite "compaction" 'a policy that changes' "$newest" JavaCompaction
java_suite "transactions" 'exactly once' "$newest" JavaTransactions
java_suite "consumer groups" 'consumer protocol: one dies' "$newest" JavaConsumerGroups
# Before transactions version 2 (KIP-890).
java_suite "transactions, 3.9" 'exactly once' "$clients/old/*:$clients/lib/*:$clients/old-classes" JavaTransactions
: >"$clients/python.err"
# SCRIPT: one line for each case; its status says whether all passed.
python_suite() {
    if ! "$python/bin/python" "$here/$1" >"$java_log" 2>>"$clients/python.err"; then failed=$((failed + 1)); fi
    cat "$java_log"
    passed=$((passed + $(awk '/^ok / { n++ } END { print n + 0 }' "$java_log")))
}
python_suite librdkafka_transactions.py
python_suite librdkafka_consumer_groups.py
# By the server's own socket: only where it is ours.
if [[ -n ${SLUICE_DATA:-} ]]; then
    SLUICE=${SLUICE_BINARY:-$root/build/release/bin/sluice} python_suite bearer_tokens.py
fi
echo "$passed passed, $failed failed"
((failed == 0))

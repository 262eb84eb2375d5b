#!/usr/bin/env bash
# Drives a running Kafka server with Kafka's own command-line tools: topics, configs, acls, consumer-groups,
# delete-records, log-dirs, leader-election, reassign-partitions, transactions.
#
#   KAFKA_SERVER=127.0.0.1:9092 KAFKA_USER=root KAFKA_PASSWORD=... compat-tests/kafka/tools/run.sh
#
# Needs java and mvn; the tools are pinned in pom.xml and live under build/. A virtual machine starts for each
# call, so this takes minutes.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
tools=$root/build/compat/kafka-tools

mkdir -p "$tools"
if ! cmp -s "$here/pom.xml" "$tools/pom.xml"; then
    mvn -q -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$tools/lib"
    cp "$here/pom.xml" "$tools/pom.xml"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
login() {
    cat <<END
security.protocol=SASL_PLAINTEXT
sasl.mechanism=$3
sasl.jaas.config=org.apache.kafka.common.security.$4 required username="$1" password="$2";
END
}
plain=plain.PlainLoginModule scram=scram.ScramLoginModule
login "$KAFKA_USER" "$KAFKA_PASSWORD" PLAIN $plain >"$work/root"

tool() {
    timeout 120 java -Xmx192m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$tools/lib/*" "$@" 2>&1
}
topics() { tool org.apache.kafka.tools.TopicCommand --bootstrap-server "$KAFKA_SERVER" --command-config "$1" "${@:2}"; }
configs() { tool kafka.admin.ConfigCommand --bootstrap-server "$KAFKA_SERVER" --command-config "$1" "${@:2}"; }
acls() { tool org.apache.kafka.tools.AclCommand --bootstrap-server "$KAFKA_SERVER" --command-config "$1" "${@:2}"; }
transactions() { tool org.apache.kafka.tools.TransactionsCommand --bootstrap-server "$KAFKA_SERVER" --command-config "$work/root" "$@"; }
groups_() { tool org.apache.kafka.tools.consumer.group.ConsumerGroupCommand --bootstrap-server "$KAFKA_SERVER" --command-config "$1" "${@:2}"; }

passed=0 failed=0
# NAME PATTERN COMMAND...: the output has a line with the pattern; "!PATTERN": it has none.
check() {
    local output
    if ! output=$("${@:3}"); then output+=" (exit status $?)"; fi
    local wanted=${2#!}
    if grep -qE -- "$wanted" <<<"$output"; then local found=yes; else local found=no; fi
    if [[ $2 == !* ]]; then local expected=no; else local expected=yes; fi
    if [[ $found == "$expected" ]]; then
        echo "ok $1"
        passed=$((passed + 1))
    else
        echo "failed $1: $output"
        failed=$((failed + 1))
    fi
}

topic=tools-$$ user=tom-$$ group=tools-group-$$
check "topics: create" "Created topic $topic" topics "$work/root" --create --topic "$topic" --partitions 2
check "topics: alter" '!Error' topics "$work/root" --alter --topic "$topic" --partitions 4
check "topics: describe" "PartitionCount: 4" topics "$work/root" --describe --topic "$topic"
check "configs: set" "Completed updating config for topic" configs "$work/root" --alter --entity-type topics \
    --entity-name "$topic" --add-config retention.ms=100000,max.message.bytes=5000
check "configs: describe" "retention.ms=100000" configs "$work/root" --describe --entity-type topics --entity-name "$topic"
check "configs: delete" "Completed updating config for topic" configs "$work/root" --alter --entity-type topics \
    --entity-name "$topic" --delete-config retention.ms
check "configs: gone" '!retention.ms=100000' configs "$work/root" --describe --entity-type topics --entity-name "$topic"
check "configs: what has no effect" "InvalidConfigurationException" configs "$work/root" --alter --entity-type topics \
    --entity-name "$topic" --add-config segment.bytes=20000000
check "configs: a broker's" "Cannot update these configs dynamically" configs "$work/root" --alter \
    --entity-type brokers --entity-name 1 --add-config message.max.bytes=10
check "configs: a SCRAM user" "Completed updating config for user" configs "$work/root" --alter --entity-type users \
    --entity-name "$user" --add-config 'SCRAM-SHA-256=[iterations=4096,password=a long secret]'
login "$user" "a long secret" SCRAM-SHA-256 $scram >"$work/user"
check "configs: describe users" "SCRAM-SHA-256=iterations=4096" configs "$work/root" --describe --entity-type users \
    --entity-name "$user"
check "acls: nothing before" "!$topic" topics "$work/user" --list
check "acls: add consumer" "Adding ACLs" acls "$work/root" --add --allow-principal "User:$user" --consumer \
    --topic tools- --resource-pattern-type prefixed --group "$group"
check "acls: list" "principal=User:$user.*operation=READ" acls "$work/root" --list --topic "$topic" \
    --resource-pattern-type match
check "acls: in force" "^$topic" topics "$work/user" --list
check "acls: not more than that" "may not do this with the topic" topics "$work/user" \
    --alter --topic "$topic" --partitions 9
check "acls: remove" '!Exception' acls "$work/root" --remove --force --allow-principal "User:$user" --consumer \
    --topic tools- --resource-pattern-type prefixed --group "$group"
check "acls: out of force" "!$topic" topics "$work/user" --list
cat >"$work/reset.csv" <<END
$topic,0,0
$topic,1,0
END
check "consumer-groups: reset offsets" "$topic" groups_ "$work/root" --group "$group" --reset-offsets \
    --from-file "$work/reset.csv" --execute
check "consumer-groups: list by state" "$group.*Empty" groups_ "$work/root" --list --state Empty
check "consumer-groups: describe" "$topic" groups_ "$work/root" --describe --group "$group"
check "consumer-groups: delete offsets" "Successful" groups_ "$work/root" --group "$group" --delete-offsets \
    --topic "$topic:0"
check "consumer-groups: delete" "was successful" groups_ "$work/root" --delete --group "$group"
# PATTERN COMMAND...: until the output has it, or 20 tries.
waits() {
    for _ in {1..20}; do
        if "${@:2}" | grep -qE -- "$1"; then return; fi
    done
}
# A member of the newer protocol, for as long as the tools look.
timeout 300 java -Xmx192m -XX:+UseSerialGC -cp "$tools/lib/*" org.apache.kafka.tools.consumer.ConsoleConsumer \
    --bootstrap-server "$KAFKA_SERVER" --consumer.config "$work/root" --topic "$topic" --group "$group-new" \
    --consumer-property group.protocol=consumer >"$work/consumer" 2>&1 &
member=$!
waits "$group-new.*Stable" groups_ "$work/root" --list --state
check "consumer-groups: list by type" "$group-new" groups_ "$work/root" --list --type consumer
check "consumer-groups: not of the other type" "!$group-new" groups_ "$work/root" --list --type classic
check "consumer-groups: state" "uniform +Stable +1" groups_ "$work/root" --describe --group "$group-new" --state
check "consumer-groups: members" "$topic" groups_ "$work/root" --describe --group "$group-new" --members --verbose
check "consumer-groups: epochs" "Stable +[0-9]+ +[0-9]+ +1" groups_ "$work/root" --describe --group "$group-new" --state --verbose
pkill -P $member
if wait $member; then echo "the consumer ended by itself"; fi
check "consumer-groups: delete a consumer group" "was successful|not empty" groups_ "$work/root" --delete --group "$group-new"
printf '{"partitions":[{"topic":"%s","partition":0,"offset":0}],"version":1}' "$topic" >"$work/offsets.json"
check "delete-records" "low_watermark: 0" tool org.apache.kafka.tools.DeleteRecordsCommand \
    --bootstrap-server "$KAFKA_SERVER" --command-config "$work/root" --offset-json-file "$work/offsets.json"
check "log-dirs" "$topic-3" tool org.apache.kafka.tools.LogDirsCommand --bootstrap-server "$KAFKA_SERVER" \
    --command-config "$work/root" --describe --topic-list "$topic"
check "leader-election" "Valid replica already elected" tool org.apache.kafka.tools.LeaderElectionCommand \
    --bootstrap-server "$KAFKA_SERVER" --admin.config "$work/root" --election-type preferred --topic "$topic" --partition 0
check "reassign-partitions: list" "No partition reassignments found" \
    tool org.apache.kafka.tools.reassign.ReassignPartitionsCommand --bootstrap-server "$KAFKA_SERVER" \
    --command-config "$work/root" --list
# A producer that is killed in its transaction.
id=tools-id-$$
timeout 300 java -Xmx192m -XX:+UseSerialGC -cp "$tools/lib/*" org.apache.kafka.tools.ProducerPerformance --topic "$topic" \
    --num-records 100000 --throughput 5 --record-size 10 --transactional-id "$id" --transaction-duration-ms 600000 \
    --producer.config "$work/root" --producer-props "bootstrap.servers=$KAFKA_SERVER" transaction.timeout.ms=600000 \
    linger.ms=0 >"$work/performance" 2>&1 &
killed=$!
waits "$id.*Ongoing" transactions list
waits "[0-9]+ .*[0-9]+ .*[0-9]+$" transactions describe-producers --topic "$topic" --partition 0
pkill -KILL -P $killed
if wait $killed; then echo "the producer ended by itself"; fi
check "transactions: list" "$id.*Ongoing" transactions list
check "transactions: describe" "$id.*Ongoing.*$topic-" transactions describe --transactional-id "$id"
check "transactions: describe producers" "^ProducerId" transactions describe-producers --topic "$topic" --partition 0
start_of() { transactions describe-producers --topic "$topic" --partition "$1" | awk 'NR == 2 { print $NF }'; }
open_partition=0
for partition in 0 1 2 3; do
    if [[ $(start_of $partition) =~ ^[0-9]+$ ]]; then open_partition=$partition; fi
done
check "transactions: abort" '!Exception|error:' transactions abort --topic "$topic" --partition $open_partition \
    --start-offset "$(start_of $open_partition)"
check "transactions: aborted there" "None[[:space:]]*$" transactions describe-producers --topic "$topic" --partition $open_partition
check "transactions: terminate" '!Exception|error:' transactions forceTerminateTransaction --transactionalId "$id"
check "transactions: terminated" "$id.*(Empty|CompleteAbort)" transactions describe --transactional-id "$id"
check "topics: delete" '!Exception' topics "$work/root" --delete --topic "$topic"
echo "$passed passed, $failed failed"
((failed == 0))

#!/usr/bin/env bash
# Installs the Kafka peer of run_kafka_peer.py, Apache Kafka at one pinned version with what it needs, from Maven as
# build/peers/kafka/*.jar (or in the folder named). A minute; nothing when it is there.
#
#     tests/bench/peers/install_kafka.sh [FOLDER]
set -euo pipefail

version=4.1.0

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${1:-$here/../../../build/peers/kafka}
if [[ -e $folder/kafka-tools-$version.jar ]]; then
    echo "$folder/kafka-tools-$version.jar is there"
    exit 0
fi
mkdir -p "$folder"
mvn -q -f "$here/kafka_pom.xml" -Dkafka.version="$version" dependency:copy-dependencies -DoutputDirectory="$(cd "$folder" && pwd)"
ls "$folder/kafka-tools-$version.jar"

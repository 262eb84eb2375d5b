#!/usr/bin/env bash
# A tour on data that every Debian has: its package database and the country list of iso-codes. Objects by
# aws-cli, records by kcat, rows by psql; one SQL join over all three; the same rows out of each protocol;
# who did what; and kill -9 under load. It prints what it does and how long each step took, and fails if an
# answer is not the right one.
#
#   deploy/tour.sh            builds, starts a server of its own on free ports, removes its data at the end
#   deploy/tour.sh --keep     leaves the data folder
#
# Clients: aws-cli, kcat and psql of the PATH; what is missing is installed from Debian.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
keep=false
case ${1:-} in
    "") ;;
    --keep) keep=true ;;
    *) sed -n '2,10s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 2 ;;
esac

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
note() { printf '   %s\n' "$*"; }
fail() { echo "tour: $*" >&2; exit 1; }
expect() { # expect WHAT GOT WANTED
    [[ $2 == "$3" ]] || fail "$1: got '$2', expected '$3'"
    note "$1: $2, as expected"
}
# Runs a command and prints how long it took.
timed() {
    local began=$EPOCHREALTIME
    "$@"
    awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { printf "   (%.2f s)\n", b - a }'
}

install_clients() {
    local missing=()
    command -v aws >/dev/null || missing+=(awscli)
    command -v kcat >/dev/null || missing+=(kcat)
    command -v psql >/dev/null || missing+=(postgresql-client)
    [[ -f /usr/share/iso-codes/json/iso_3166-1.json ]] || missing+=(iso-codes)
    ((${#missing[@]})) || return 0
    local as_root=()
    ((EUID == 0)) || as_root=(sudo)
    export DEBIAN_FRONTEND=noninteractive
    "${as_root[@]}" apt-get update -q >/dev/null
    "${as_root[@]}" apt-get install -y -q --no-install-recommends "${missing[@]}" >/dev/null
}

folder=$(mktemp -d)
export SLUICE_DATA=$folder/data SLUICE_ROOT_USER=root SLUICE_ROOT_PASSWORD=tour-secret-0123456789
export SLUICE_S3_PORT=0 SLUICE_KAFKA_PORT=0 SLUICE_PG_PORT=0 SLUICE_ADMIN_PORT=0
binary=${SLUICE_BINARY:-$root/build/release/bin/sluice}
loads=()

clean_up() {
    local load
    for load in "${loads[@]}"; do kill "$load" 2>/dev/null || wait "$load" 2>/dev/null || continue; done
    if pid=$("$binary" status --field pid 2>/dev/null); then
        kill -TERM "$pid"
        tail --pid="$pid" -f /dev/null
    fi
    if $keep; then echo "data: $SLUICE_DATA"; else rm -rf "$folder"; fi
}
trap clean_up EXIT

start() {
    "$root/deploy/run.sh" --detach >"$folder/greeting"
    s3=$("$binary" status --field s3)
    kafka=$("$binary" status --field kafka)
    local pg
    pg=$("$binary" status --field pg)
    export AWS_ACCESS_KEY_ID=root AWS_SECRET_ACCESS_KEY=$SLUICE_ROOT_PASSWORD AWS_DEFAULT_REGION=us-east-1
    export PGHOST=${pg%:*} PGPORT=${pg##*:} PGUSER=root PGPASSWORD=$SLUICE_ROOT_PASSWORD PGDATABASE=sluice
    export PGOPTIONS= PSQLRC=/dev/null
}
s3() { aws --endpoint-url "$s3" s3 "$@"; }
kafka() {
    kcat -b "$kafka" -X security.protocol=SASL_PLAINTEXT -X sasl.mechanism=PLAIN \
        -X sasl.username=root -X sasl.password="$SLUICE_ROOT_PASSWORD" "$@"
}
sql() { psql -qAtX -v ON_ERROR_STOP=1 -c "$1"; }
show() { psql -qX -v ON_ERROR_STOP=1 -c "$1" | sed 's/^/   /'; }

# One JSON document per installed package, keyed by its name.
package_records() {
    dpkg-query -W -f='${Package}\t${Section}\t${Installed-Size}\t${Maintainer}\n' | python3 -c '
import json, sys
for line in sys.stdin:
    name, section, size, maintainer = line.rstrip("\n").split("\t")
    document = {"package": name, "section": section.split("/")[-1], "kilobytes": int(size or 0), "maintainer": maintainer}
    print(name, json.dumps(document), sep="\t")'
}
section_rows() {
    dpkg-query -W -f='${Section}\n' | sed 's|.*/||' | sort -u | grep . |
        awk '{ print $1 "\t" toupper(substr($1, 1, 1)) substr($1, 2) }'
}

say "clients"
timed install_clients
say "start (deploy/run.sh --detach)"
timed start
note "S3 $s3   Kafka $kafka   PostgreSQL $PGHOST:$PGPORT"

say "objects: the country list, by aws-cli"
s3 mb s3://tour >/dev/null
timed s3 cp --quiet /usr/share/iso-codes/json/iso_3166-1.json s3://tour/countries.json

say "records: every installed package, by kcat, into the topic 'packages'"
package_records >"$folder/packages"
section_rows >"$folder/sections"
packages=$(wc -l <"$folder/packages")
timed kafka -P -t packages -K '\t' -X acks=all -l "$folder/packages"

say "rows: the sections, by psql COPY"
sql "CREATE TABLE sections (section text PRIMARY KEY, title text NOT NULL)"
timed psql -qX -c "COPY sections FROM STDIN" <"$folder/sections"

expect "records that SQL sees right after the last ack" "$(sql 'SELECT count(*) FROM topics."packages"')" "$packages"
expect "rows" "$(sql 'SELECT count(*) FROM sections')" "$(wc -l <"$folder/sections")"

say "one join over all three: who maintains the installed packages, by country of the address"
join="
SELECT c.country, s.title AS section, count(*) AS packages, sum((p.document->>'kilobytes')::bigint) AS kilobytes
FROM (SELECT convert_from(_value, 'UTF8')::jsonb AS document FROM topics.\"packages\") p
JOIN sections s ON s.section = p.document->>'section'
JOIN (SELECT lower(e->>'alpha_2') AS code, e->>'name' AS country
      FROM objects.\"tour\" o, jsonb_array_elements(convert_from(o.content, 'UTF8')::jsonb->'3166-1') e
      WHERE o.key = 'countries.json') c
  ON c.code = substring(p.document->>'maintainer' from '\.([a-z][a-z])>\$')
GROUP BY c.country, s.title"
timed show "$join ORDER BY packages DESC, country, section LIMIT 8"

say "the same rows out through each protocol"
sql "CREATE TABLE report (country text, section text, packages bigint, kilobytes numeric, PRIMARY KEY (country, section))"
timed sql "INSERT INTO report $join"
# Asking for a topic makes it, as Kafka's clients do before they produce.
kafka -L -t report | grep 'topic "report" with' >"$folder/made"
# INSERT into a topic produces: the records exist with the commit.
timed sql "INSERT INTO topics.\"report\" (_key, _value)
     SELECT convert_to(country, 'UTF8'), convert_to(to_jsonb(r)::text, 'UTF8') FROM report r"
psql -qX -c "COPY report TO STDOUT (FORMAT csv)" | s3 cp --quiet - s3://tour/report.csv
rows() { python3 "$root/deploy/tour_rows.py" "$@"; }
rows expected "$folder" >"$folder/expected.rows"
same() { # same WHAT FORM: the rows of standard input are the expected ones, each value of them
    rows "$2" >"$folder/$2.rows"
    diff "$folder/expected.rows" "$folder/$2.rows" >&2 || fail "$1 are not the expected rows"
    note "$1: $(wc -l <"$folder/$2.rows"), each as expected"
}
sql "COPY report TO STDOUT" | same "rows by psql" text
kafka -C -t report -e -q | same "records by kcat" json
s3 cp --quiet s3://tour/report.csv - | same "lines by aws-cli" csv

say "who did what: the audit trail as a table, and as a topic"
timed show 'SELECT operation, verb, resource, count(*) FROM audit.events
      WHERE principal = '"'root'"' GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 3 LIMIT 8'
note "as a topic: $(kafka -C -t __audit -e -q | wc -l) records"

say "kill -9 under load"
sql "CREATE TABLE ticks (n bigint PRIMARY KEY)"
s3_load() {
    local n=0
    while echo "$n" | s3 cp --quiet - "s3://tour/tick/$n" 2>/dev/null; do echo "$n" >>"$folder/acked.s3"; n=$((n + 1)); done
}
kafka_load() {
    local n=0
    while seq "$n" $((n + 49)) | timeout 20 kcat -b "$kafka" -X security.protocol=SASL_PLAINTEXT \
        -X sasl.mechanism=PLAIN -X sasl.username=root -X sasl.password="$SLUICE_ROOT_PASSWORD" \
        -X acks=all -X message.timeout.ms=5000 -P -t ticks 2>/dev/null; do
        seq "$n" $((n + 49)) >>"$folder/acked.kafka"
        n=$((n + 50))
    done
}
sql_load() {
    local n=0
    while sql "INSERT INTO ticks VALUES ($n)" 2>/dev/null; do echo "$n" >>"$folder/acked.sql"; n=$((n + 1)); done
}
touch "$folder"/acked.{s3,kafka,sql}
s3_load & loads+=($!)
kafka_load & loads+=($!)
sql_load & loads+=($!)
enough() { (($(wc -l <"$folder/acked.s3") >= 5 && $(wc -l <"$folder/acked.kafka") >= 500 && $(wc -l <"$folder/acked.sql") >= 50)); }
until enough; do
    for load in "${loads[@]}"; do kill -0 "$load" 2>/dev/null || fail "a load ended before the kill"; done
    if read -rt 0.1 <> <(:); then fail "a pipe that nobody writes to ended"; fi
done
kill -KILL "$("$binary" status --field pid)"
for load in "${loads[@]}"; do wait "$load" || note "a load ended with status $?"; done
loads=()
note "killed; acknowledged until then: $(wc -l <"$folder/acked.s3") objects, $(wc -l <"$folder/acked.kafka") records, $(wc -l <"$folder/acked.sql") rows"
timed start
missing() { comm -23 <(sort "$1") <(sort) | wc -l; }
expect "acknowledged objects that are gone" "$(s3 ls s3://tour/tick/ | awk '{ print $4 }' | missing "$folder/acked.s3")" 0
expect "acknowledged records that are gone" "$(kafka -C -t ticks -e -q | missing "$folder/acked.kafka")" 0
expect "acknowledged rows that are gone" "$(sql 'SELECT n FROM ticks' | missing "$folder/acked.sql")" 0
expect "packages" "$(sql 'SELECT count(*) FROM topics."packages"')" "$packages"

say "done"

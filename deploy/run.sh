#!/usr/bin/env bash
# Installs what is missing, builds, starts Sluice on a data folder and prints how to connect.
#
#   deploy/run.sh             foreground until SIGTERM or Ctrl-C
#   deploy/run.sh --detach    returns when the server is ready; its log goes to <data>/sluice.log
#   deploy/run.sh --stop      stops the server of the data folder and waits for its end
#   deploy/run.sh --tls       with a self-signed certificate made under the data folder
#
# Settings: SLUICE_DATA, SLUICE_LISTEN, SLUICE_S3_PORT and so on (`sluice config --sample` lists all);
# any other argument goes to `sluice serve`. SLUICE_BINARY names a built program and skips the build.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
detach=false stop=false tls=false
arguments=()
while (($#)); do
    case $1 in
        --detach) detach=true ;;
        --stop) stop=true ;;
        --tls) tls=true ;;
        -h | --help)
            sed -n '2,11s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
            exit 0
            ;;
        --data) export SLUICE_DATA=${2:?--data needs a folder}; shift ;;
        --data=*) export SLUICE_DATA=${1#--data=} ;;
        *) arguments+=("$1") ;;
    esac
    shift
done
export SLUICE_DATA=${SLUICE_DATA:-./data}

# Whatever is made under the data folder is its owner's alone.
make_private() { (umask 077 && mkdir -p "$1"); }

build() {
    if [[ -n ${SLUICE_BINARY:-} ]]; then
        binary=$SLUICE_BINARY
        return
    fi
    "$root/deploy/install-dependencies.sh" >&2
    local build_folder=$root/build/release
    if [[ ! -f $build_folder/build.ninja ]]; then
        (cd "$root" && cmake --preset release) >&2
    fi
    cmake --build "$build_folder" --target sluice >&2
    binary=$build_folder/bin/sluice
}

stop_server() {
    binary=${SLUICE_BINARY:-$root/build/release/bin/sluice}
    local pid
    if ! pid=$("$binary" status --data "$SLUICE_DATA" --field pid 2>/dev/null); then
        echo "no server answers in $SLUICE_DATA" >&2
        return 1
    fi
    kill -TERM "$pid"
    tail --pid="$pid" -f /dev/null
    echo "stopped"
}

make_certificate() {
    make_private "$SLUICE_DATA/tls"
    local folder names="DNS:localhost,IP:127.0.0.1,IP:::1"
    folder=$(cd "$SLUICE_DATA/tls" && pwd)
    case ${SLUICE_LISTEN:-127.0.0.1} in
        127.0.0.1 | ::1) ;;
        0.0.0.0 | ::) names+=",DNS:$(hostname)" ;;
        *) names+=",IP:$SLUICE_LISTEN" ;;
    esac
    if [[ ! -f $folder/cert.pem ]]; then
        (
            umask 077
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 825 \
                -subj "/CN=sluice" -addext "subjectAltName=$names" \
                -keyout "$folder/key.pem" -out "$folder/cert.pem" 2>/dev/null
        )
    fi
    export SLUICE_TLS_CERT=$folder/cert.pem SLUICE_TLS_KEY=$folder/key.pem
}

start_detached() {
    local greeting line
    greeting=$(mktemp -d)
    trap 'rm -rf "$greeting"' RETURN
    mkfifo -m 600 "$greeting/out"
    make_private "$SLUICE_DATA"
    setsid "$binary" serve "$@" >"$greeting/out" 2>>"$SLUICE_DATA/sluice.log" </dev/null &
    while IFS= read -r line; do
        echo "$line"
        if [[ $line == "ready" ]]; then
            return 0
        fi
    done <"$greeting/out"
    echo "the server did not start; the end of $SLUICE_DATA/sluice.log:" >&2
    tail -n 5 "$SLUICE_DATA/sluice.log" >&2
    return 1
}

if $stop; then
    stop_server
    exit
fi
build
if $tls; then
    make_certificate
fi
if $detach; then
    start_detached "${arguments[@]}"
else
    exec "$binary" serve "${arguments[@]}"
fi

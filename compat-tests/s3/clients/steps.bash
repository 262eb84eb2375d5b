# For the `check` scripts that drive a command line client: source it, then
#
#   step "what is proved" command [arguments]     the command, usually a function, runs with errexit in a
#                                                 subshell; what it printed is shown when it fails
#   prints TEXT command [arguments]               it succeeds and prints a line with TEXT
#   refused command [arguments]                   it fails
#   same_files A B                                two folders hold the same files with the same bytes
#
# Steps go on after one that failed. The environment names the server (S3_ENDPOINT, S3_ACCESS_KEY,
# S3_SECRET_KEY, S3_REGION), the client (CLIENT, CLIENT_HOME), an empty folder (WORK, the current one) and a
# second client to compare with ($OBJECTS, see objects.py).
set -uo pipefail

step() {
    local title=$1 status
    shift
    (
        set -e
        "$@"
    ) >"$WORK/step.log" 2>&1 </dev/null
    status=$?
    if ((status == 0)); then
        echo "ok $CLIENT $title"
    else
        echo "FAIL $CLIENT $title"
        tail -n 15 "$WORK/step.log" | cut -c1-400 | sed 's/^/    /'
    fi
}

# Also empty folders count, as diff sees them.
same_files() { diff -r "$1" "$2"; }

refused() {
    if "$@"; then
        echo "succeeded: $*"
        return 1
    fi
}

# prints TEXT COMMAND [ARGUMENTS]: the command succeeds and a line it prints holds the regular expression.
prints() {
    local text=$1 printed
    shift
    printed=$("$@") || return 1
    if ! grep -q -e "$text" <<<"$printed"; then
        printf 'no line with %s in:\n%s\n' "$text" "$printed"
        return 1
    fi
}

# sha256_of FILE, sha256_of_range FILE FIRST LENGTH: hexadecimal.
sha256_of() { sha256sum <"$1" | cut -d' ' -f1; }
sha256_of_range() { tail -c +$(($2 + 1)) "$1" | head -c "$3" | sha256sum | cut -d' ' -f1; }

same() {
    if [[ $1 != "$2" ]]; then
        printf 'expected: %s\n     got: %s\n' "$2" "$1"
        return 1
    fi
}

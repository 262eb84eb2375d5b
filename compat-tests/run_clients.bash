# Sourced by the clients.sh of a protocol, which set: here (its folder), root (of the tree), family (the protocol's
# name in build/compat), work (a folder that goes afterwards), deadline (seconds of one client). Runs the named
# clients of $here/clients, all without names, one at a time, and tells how many of their checks passed.
# shellcheck shell=bash

run_client() {
    local name=$1
    export CLIENT=$name CLIENT_HOME=$root/build/compat/$family-$name WORK=$work/$name
    mkdir -p "$CLIENT_HOME" "$WORK"
    if ! (cd "$CLIENT_HOME" && nice -n 5 "$here/clients/$name/install") >"$work/install.log" 2>&1; then
        echo "absent $name: $(grep -v '^ *$' "$work/install.log" | tail -n 1)"
        return
    fi
    local status=0
    (cd "$WORK" && exec timeout "$deadline" nice -n 5 "$here/clients/$name/check") 2>"$work/errors" |
        tee -a "$work/results" || status=$?
    if ((status)); then
        echo "FAIL $name ends well: status $status" | tee -a "$work/results"
        tail -n 20 "$work/errors" | sed 's/^/    /'
    fi
    if [[ -n ${CLIENT_KEEP:-} ]]; then   # a folder for what a failure is looked into with
        mkdir -p "$CLIENT_KEEP" && cp -r "$WORK" "$work/errors" "$CLIENT_KEEP/"
    fi
    rm -rf "$WORK"
}

touch "$work/results"
names=("$@")
if ((!$#)); then
    for check in "$here"/clients/*/check; do
        names+=("$(basename "$(dirname "$check")")")
    done
fi
for name in "${names[@]}"; do
    run_client "$name"
done

passed=$(awk '$1 == "ok"' "$work/results" | wc -l)
failed=$(awk '$1 == "FAIL"' "$work/results" | wc -l)
echo "$passed passed, $failed failed"
((failed == 0 && passed > 0))

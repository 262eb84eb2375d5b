#!/usr/bin/env bash
# Installs what is missing, builds everything and runs every test. The last line is "N passed, N failed";
# the exit status is 0 only if all passed.
#
#   tests/run.sh                     release build, all labels
#   tests/run.sh --preset asan       another preset of CMakePresets.json: debug, asan, tsan
#   tests/run.sh -L unit             only the cases with a label (ctest -L); -R, -E and -LE work as in ctest
set -euo pipefail

preset=release
filters=()
while (($#)); do
    case $1 in
        --preset) preset=${2:?--preset needs a name}; shift ;;
        --preset=*) preset=${1#--preset=} ;;
        -L | -LE | -R | -E) filters+=("$1" "${2:?$1 needs a pattern}"); shift ;;
        -h | --help) sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
        *) echo "unknown argument: $1 (see --help)" >&2; exit 2 ;;
    esac
    shift
done

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
build=$root/build/$preset
report=$build/tests.xml

failed_before_testing() {
    echo "0 passed, 1 failed"
    exit 1
}

deploy/install-dependencies.sh --clients || failed_before_testing
mkdir -p "$build"
if ! cmake --preset "$preset" >"$build/configure.log" 2>&1; then
    cat "$build/configure.log"
    failed_before_testing
fi
cmake --build "$build" -j 2 || failed_before_testing

export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:strict_string_checks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1}
status=0
rm -f "$report"
ctest --test-dir "$build" --output-on-failure --no-tests=error -j 2 --output-junit "$report" \
    "${filters[@]}" || status=$?

python3 tests/count_results.py "$report" "$status"

"""How the Python suites tell what came of their cases: "ok NAME" or "failed NAME: why", one line each."""
import traceback

failures = []


def check(name, body):
    try:
        body()
        print("ok", name)
    except Exception as why:  # pylint: disable=broad-except
        failures.append(name)
        print(f"failed {name}: {why!r}")
        traceback.print_exc()


def same(expected, actual):
    if expected != actual:
        raise AssertionError(f"expected {expected}, got {actual}")

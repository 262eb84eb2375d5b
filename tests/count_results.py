#!/usr/bin/env python3
"""Prints "N passed, N failed" from ctest's JUnit report; fails unless all cases passed.

    count_results.py REPORT CTEST_EXIT_STATUS

A case that skipped itself counts as neither and is named; one that could not run has failed. The end of what each
failed case printed stands right above the count, where the end of a long log is read first.
"""
import sys
import xml.etree.ElementTree as xml

LINES_SHOWN = 40  # of each failed case


def show_end(case) -> None:
    printed = (case.findtext("system-out") or "").splitlines()
    print(f"failed: {case.get('name')}; the end of its output:")
    for line in printed[-LINES_SHOWN:]:
        print(f"    {line}")


def main() -> int:
    report, status = sys.argv[1], int(sys.argv[2])
    passed, failed, skipped = 0, 0, []
    try:
        cases = list(xml.parse(report).getroot().iter("testcase"))
    except (OSError, xml.ParseError) as unreadable:
        print(f"no test report: {unreadable}")
        cases = []
    for case in cases:
        note = case.find("skipped")
        message = note.get("message", "") if note is not None else ""
        if case.get("status") == "run":
            passed += 1
        elif case.get("status") == "disabled" or message.startswith("SKIP_"):
            skipped.append(case.get("name"))
        else:
            failed += 1
            show_end(case)
    if status != 0 and failed == 0:
        failed = 1
    for name in skipped:
        print(f"skipped: {name}")
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())

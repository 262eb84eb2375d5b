"""The rows of the tour's join as sorted lines, "country TAB section TAB packages TAB kilobytes", so that each way
to get them can be compared with each other.

    tour_rows.py expected FOLDER     computed without Sluice from the files `packages` and `sections`
    tour_rows.py json|csv|text       of standard input: JSON documents, CSV, or COPY's text format
"""
import csv
import json
import re
import sys
from collections import defaultdict
from pathlib import Path

COUNTRIES = Path("/usr/share/iso-codes/json/iso_3166-1.json")


def expected(folder):
    countries = {entry["alpha_2"].lower(): entry["name"] for entry in json.loads(COUNTRIES.read_text())["3166-1"]}
    titles = dict(line.split("\t") for line in (folder / "sections").read_text().splitlines())
    found = defaultdict(lambda: [0, 0])
    for line in (folder / "packages").read_text().splitlines():
        document = json.loads(line.split("\t", 1)[1])
        address = re.search(r"\.([a-z][a-z])>$", document["maintainer"])
        if address and address[1] in countries and document["section"] in titles:
            sums = found[countries[address[1]], titles[document["section"]]]
            sums[0] += 1
            sums[1] += document["kilobytes"]
    return [(*key, *sums) for key, sums in found.items()]


def read(form, lines):
    if form == "json":
        documents = map(json.loads, lines)
        return [tuple(each[name] for name in ("country", "section", "packages", "kilobytes")) for each in documents]
    if form == "csv":
        return list(csv.reader(lines))
    return [line.rstrip("\n").split("\t") for line in lines]


rows = expected(Path(sys.argv[2])) if sys.argv[1] == "expected" else read(sys.argv[1], sys.stdin)
print("\n".join(sorted("\t".join(map(str, row)) for row in rows)))

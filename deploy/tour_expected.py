"""How many rows the tour's join has, computed from its input files without Sluice: (country, section) pairs.

    tour_expected.py FOLDER      with the files `packages` and `sections`
"""
import json
import re
import sys
from pathlib import Path

folder = Path(sys.argv[1])
countries = {entry["alpha_2"].lower(): entry["name"]
             for entry in json.loads(Path("/usr/share/iso-codes/json/iso_3166-1.json").read_text())["3166-1"]}
sections = {line.split("\t")[0] for line in (folder / "sections").read_text().splitlines()}
pairs = set()
for line in (folder / "packages").read_text().splitlines():
    document = json.loads(line.split("\t", 1)[1])
    address = re.search(r"\.([a-z][a-z])>$", document["maintainer"])
    if address and address[1] in countries and document["section"] in sections:
        pairs.add((countries[address[1]], document["section"]))
print(len(pairs))

#!/usr/bin/env python3
"""Plants one violation of each kind in a small tree and requires that each, and nothing else, is reported."""
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import headers_alone  # noqa: E402
import tidy  # noqa: E402
from tree import Tree, without_comments_and_strings  # noqa: E402

HEADER = "// What it is.\n#pragma once\n"


def library(name: str, sources: str = "", depends: str = "") -> str:
    return f"sluice_library({name}\n    SOURCES {sources}\n    DEPENDS {depends}\n    PACKAGES fmt::fmt\n)\n"


CLEAN = {
    "gateway/core/CMakeLists.txt": library("core", "bytes.cpp clock.cpp"),
    "gateway/core/bytes.hpp": HEADER,
    "gateway/core/bytes.cpp": '#include "gateway/core/bytes.hpp"\n#include <openssl/evp.h>\nstd::thread t;\n',
    "gateway/core/clock.hpp": HEADER,
    "gateway/core/clock.cpp": '#include "gateway/core/clock.hpp"\nauto t = std::chrono::system_clock::now();\n',
    "gateway/core/task.hpp": HEADER,
    "backend/flash/CMakeLists.txt": library("flash", "device.cpp", "core"),
    "backend/flash/device.hpp": HEADER + '#include "gateway/core/bytes.hpp"\n',
    "backend/flash/device.cpp": '#include "backend/flash/device.hpp"\n#include <liburing.h>\n',
    "backend/store/CMakeLists.txt": library("store", "store.cpp", "core flash"),
    "backend/store/store.hpp": HEADER + '#include "backend/flash/device.hpp"\n#include <boost/asio/post.hpp>\n',
    "backend/store/store.cpp": '#include "backend/store/store.hpp"\n// detached, sleep_for(1)\n'
                               'auto text = "std::thread assert(1)";\n',
    "backend/store/model/object.hpp": HEADER,
    "auth/guard/CMakeLists.txt": library("guard", "guard.cpp", "core store"),
    "auth/guard/guard.hpp": HEADER + '#include "backend/store/store.hpp"\n',
    "auth/guard/guard.cpp": '#include "auth/guard/guard.hpp"\n',
    "protocols/s3/CMakeLists.txt": library("s3", "s3.cpp", "core guard"),
    "protocols/s3/s3.hpp": HEADER + '#include "auth/guard/guard.hpp"\n#include "backend/store/model/object.hpp"\n',
    "protocols/s3/s3.cpp": '#include "protocols/s3/s3.hpp"\n',
    "protocols/kafka/kafka.hpp": HEADER,
    "gateway/config/settings.def": 'SLUICE_SETTING(port, s3_port, "s3.port", "9000", "", "",\n    "help")\n',
    "gateway/daemon/main.cpp": "int main() { return chosen.s3_port; }\n",
    "gateway/daemon/options.hpp": HEADER,
    "gateway/daemon/options.cpp": '#include "gateway/daemon/options.hpp"\nvoid f() { out.append_bytes = 1; }\n',
    "backend/store/limits.hpp": HEADER + "struct store_limits {\n    std::size_t row_bytes = 1;  // fixed\n"
                                         "    std::size_t append_bytes = 2;\n};\n",
    "tests/unit/s3/s3_test.cpp": '#include "protocols/s3/s3.hpp"\n',
    "deploy/run.sh": "#!/usr/bin/env bash\nset -euo pipefail\nsleeping=1\n",
}

# rule -> (path, content): replaces or adds one file of the clean tree
PLANTED = {
    "layer": [
        ("gateway/core/bytes.hpp", HEADER + '#include "backend/flash/device.hpp"\n'),
        ("backend/flash/device.hpp", HEADER + '#include "backend/store/model/object.hpp"\n'),
        ("protocols/s3/s3.hpp", HEADER + '#include "backend/store/store.hpp"\n'),
        ("protocols/s3/s3.hpp", HEADER + '#include "protocols/kafka/kafka.hpp"\n'),
        ("protocols/kafka/kafka.hpp", HEADER + '#include "protocols/s3/s3.hpp"\n'),
        ("protocols/newfront/x.hpp", HEADER + '#include "gateway/core/bytes.hpp"\n'),
        ("auth/policy/policy.hpp", HEADER + '#include "backend/store/store.hpp"\n'),
        ("protocols/s3/s3.cpp", '#include "protocols/s3/s3.hpp"\n#include "auth/guard/system_caller.hpp"\n'),
        ("backend/store/model/object.hpp", HEADER + '#include "backend/store/store.hpp"\n'),
    ],
    "quarantine": [
        ("backend/store/store.cpp", '#include "backend/store/store.hpp"\n#include <rocksdb/db.h>\n'),
        ("backend/kv/index.hpp", HEADER + "#include <rocksdb/db.h>\n"),
        ("backend/store/store.cpp", '#include "backend/store/store.hpp"\n#include <duckdb.hpp>\n'),
        ("protocols/s3/s3.cpp", '#include "protocols/s3/s3.hpp"\n#include <pg_query.h>\n'),
        ("protocols/s3/s3.cpp", '#include "protocols/s3/s3.hpp"\n#include <openssl/sha.h>\n'),
        ("gateway/core/bytes.hpp", HEADER + "#include <openssl/sha.h>\n"),
        ("backend/store/store.cpp", '#include "backend/store/store.hpp"\n#include <liburing.h>\n'),
        ("protocols/s3/s3.cpp", '#include "protocols/s3/s3.hpp"\n#include <boost/asio/ssl.hpp>\n'),
    ],
    "no-asio": [
        ("backend/flash/device.hpp", HEADER + '#include "gateway/core/task.hpp"\n'),
        ("backend/flash/device.hpp", HEADER + "#include <boost/asio/post.hpp>\n"),
    ],
    "include-root": [
        ("protocols/s3/s3.cpp", '#include "s3.hpp"\n#include "protocols/s3/s3.hpp"\n'),
        ("protocols/s3/s3.cpp", '#include <gateway/core/bytes.hpp>\n#include "protocols/s3/s3.hpp"\n'),
    ],
    "cmake-layer": [
        ("protocols/s3/CMakeLists.txt", library("s3", "s3.cpp", "core guard store")),
        ("backend/flash/CMakeLists.txt", library("flash", "device.cpp", "core unheard_of")),
    ],
    "cmake-depends": [("backend/store/CMakeLists.txt", library("store", "store.cpp", "core"))],
    "detached": [("protocols/s3/s3.cpp", '#include "protocols/s3/s3.hpp"\nco_spawn(e, t, asio::detached);\n')],
    "thread": [
        ("protocols/s3/s3.cpp", '#include "protocols/s3/s3.hpp"\nstd::jthread t;\n'),
        ("tests/unit/s3/s3_test.cpp", "std::thread t;\n"),
    ],
    "await-condition": [
        ("backend/store/store.cpp", "if (!co_await ready()) co_return;\n"),
        ("backend/store/store.cpp", "while (co_await more()) {}\n"),
    ],
    "await-braces": [("backend/store/store.cpp", "co_await open(store, {\"a\", key});\n")],
    "bool-result": [
        ("backend/store/store.cpp", "task<result<bool>> open_is(int a) {\n    auto const is = co_await look(a);\n"
                                    "    if (!is) co_return is;\n    co_return *is;\n}\n"),
    ],
    "sleep": [
        ("tests/unit/s3/s3_test.cpp", "std::this_thread::sleep_for(1s);\n"),
        ("tests/unit/s3/s3_test.cpp", "usleep(100);\n"),
        ("deploy/run.sh", "#!/bin/sh\nwhile ready; do sleep 1; done\n"),
        ("compat-tests/run.py", "time.sleep(1)\n"),
    ],
    "clock": [
        ("protocols/s3/s3.cpp", '#include "protocols/s3/s3.hpp"\nstd::chrono::system_clock::now();\n'),
        ("protocols/s3/s3.cpp", '#include "protocols/s3/s3.hpp"\nauto t = std::time(nullptr);\n'),
    ],
    "c-assert": [("protocols/s3/s3.cpp", '#include "protocols/s3/s3.hpp"\nassert(true);\n')],
    "unfinished": [
        ("protocols/s3/s3.cpp", '#include "protocols/s3/s3.hpp"\n// TODO: later\n'),
        ("deploy/run.sh", "#!/bin/sh\n# FIXME\n"),
        ("protocols/s3/notes.md", "XXX\n"),
    ],
    "or-true": [
        ("deploy/run.sh", "#!/bin/sh\nstop || true\n"),
        (".ci/run", "#!/bin/sh\nstop ||true; start\n"),
        ("tests/CMakeLists.txt", "add_test(NAME a COMMAND sh -c 'a || true')\n"),
    ],
    "machine-path": [("deploy/run.sh", "#!/bin/sh\ncd /home/someone/x\n")],
    "size": [
        ("protocols/s3/s3.hpp", HEADER + "// line\n" * 649),
        ("deploy/run.sh", "#!/bin/sh\n" + "true\n" * 650),
    ],
    "warn-size": [("protocols/s3/s3.hpp", HEADER + "// line\n" * 499)],
    "header-guard": [("protocols/s3/s3.hpp", "// What it is.\n")],
    "contract": [("protocols/s3/s3.hpp", "#pragma once\n")],
    "setting-unused": [("gateway/config/settings.def",
                        'SLUICE_SETTING(port, s3_port, "s3.port", "9000", "", "",\n    "help")\n'
                        'SLUICE_SETTING(text, host, "host", "", "", "", "help")\n')],
    "limit-name": [
        ("gateway/design/0005-store.md", "At most `limits.append_bytes`.\n"),
        ("README.md", "limits.nothing\n"),
        ("backend/store/store.cpp", '#include "backend/store/store.hpp"\nauto text = "limits.append_bytes";\n'),
    ],
    "pair": [("protocols/s3/lonely.cpp", '#include "gateway/core/bytes.hpp"\n')],
}

SPARED = [
    ("gateway/design/0005-store.md", "`limits.row_bytes` in backend/store/limits.hpp\n"),
    ("backend/store/store.cpp", '#include "backend/store/store.hpp"\n// limits.append_bytes\nint n = limits.append_bytes;\n'),
    ("protocols/s3/tables.def", "row\n" * 2000),
    ("protocols/s3/s3_list.cpp", '#include "gateway/core/bytes.hpp"\n#include "protocols/s3/s3.hpp"\n'),
    ("gateway/core/asio.cpp", "#include <boost/asio/impl/src.hpp>\n"),
    ("gateway/net/tls_stream.hpp", HEADER + "#include <boost/asio/ssl.hpp>\n#include <openssl/ssl.h>\n"),
    ("tests/support/sim_env.cpp", "#include <rocksdb/env.h>\n"),
    ("tests/unit/s3/s3_test.cpp", "// tidy: allow(sleep), measures the time a process needs\nusleep(1);\n"),
    ("protocols/s3/s3.cpp", '#include "protocols/s3/s3.hpp"\nauto id = std::thread::id{};\nint n = 1\'000;\n'),
]


class TidyTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = Path(self.folder.name)
        self.addCleanup(self.folder.cleanup)
        for path, content in CLEAN.items():
            self.write(path, content)

    def write(self, path: str, content: str):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(content)

    def findings(self):
        return tidy.all_findings(Tree(self.root))

    def test_the_clean_tree_has_no_findings(self):
        self.assertEqual(self.findings(), [])

    def test_each_planted_violation_is_reported(self):
        for rule, plants in PLANTED.items():
            for path, content in plants:
                with self.subTest(rule=rule, path=path, content=content[:80]):
                    self.write(path, content)
                    self.assertIn((path, rule), [(found[0], found[2]) for found in self.planted(rule, path)])
                    self.restore(path)

    def planted(self, rule: str, path: str):
        found = self.findings()
        unexpected = [each for each in found if each[2] != rule and not self.follows(each[2], rule)]
        self.assertEqual(unexpected, [], f"beside {rule} in {path}")
        # An undeclared dependency is reported where the include is, not where it should be declared.
        return [(path, *each[1:]) for each in found] if rule == "cmake-depends" else found

    @staticmethod
    def follows(rule: str, planted: str) -> bool:
        """A wrong include is also one that no target declares; core headers are no asio users' either."""
        return (planted, rule) in {("layer", "cmake-depends"), ("cmake-layer", "cmake-depends"),
                                   ("no-asio", "cmake-depends")}

    def test_what_is_right_is_spared(self):
        for path, content in SPARED:
            with self.subTest(path=path):
                self.write(path, content)
                self.assertEqual(self.findings(), [])
                self.restore(path)

    def restore(self, path: str):
        if path in CLEAN:
            self.write(path, CLEAN[path])
        else:
            (self.root / path).unlink()

    def test_comments_and_literals_are_no_code(self):
        code = without_comments_and_strings('a /* detached\n */ "x\\"y" R"z(std::thread)z" \'"\' // sleep\nb')
        self.assertEqual(code.count("\n"), 2)
        self.assertEqual(code.split(), ["a", "b"])


class HeadersAloneTest(unittest.TestCase):
    def test_a_header_that_needs_another_first_is_reported(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "gateway/core").mkdir(parents=True)
            (root / "gateway/core/good.hpp").write_text(HEADER + "#include <string>\ninline std::string s;\n")
            (root / "gateway/core/bad.hpp").write_text(HEADER + "inline std::string t;\n")
            (root / "gateway/core/twice.hpp").write_text("// No guard.\nstruct twice {};\n")
            command = ["g++", "-std=c++20", "-x", "c++", "-I", str(root)]
            cache = root / "cache.json"
            failed, compiled, known = headers_alone.check(Tree(root), command, cache)
            self.assertEqual([path for path, _ in failed], ["gateway/core/bad.hpp", "gateway/core/twice.hpp"])
            self.assertEqual((compiled, known), (3, 0))
            failed, compiled, known = headers_alone.check(Tree(root), command, cache)
            self.assertEqual((len(failed), compiled, known), (2, 2, 1))
            (root / "gateway/core/good.hpp").write_text(HEADER + "inline std::string s;\n")
            failed, compiled, known = headers_alone.check(Tree(root), command, cache)
            self.assertEqual((len(failed), compiled, known), (3, 3, 0))

    def test_the_build_proves_what_a_source_includes_first(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for path, content in CLEAN.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(content)
            proven = headers_alone.proven_by_build(Tree(root))
            self.assertIn("backend/flash/device.hpp", proven)
            self.assertNotIn("gateway/core/task.hpp", proven)
            listed = root / "backend/flash/CMakeLists.txt"
            listed.write_text(listed.read_text() + "sluice_use_asio_pch(sluice_flash)\n")
            self.assertNotIn("backend/flash/device.hpp", headers_alone.proven_by_build(Tree(root)))


if __name__ == "__main__":
    unittest.main()

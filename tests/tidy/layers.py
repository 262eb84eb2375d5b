"""The tables of the architecture: who may include whom, and where third-party headers may appear.

A folder's row is the longest prefix that matches. "Allowed" names folders or single headers; a folder
includes what is below it, and everybody may include their own row's folder.
"""

CORE = ["gateway/core"]
PLAIN_TYPES = ["backend/store/model", "backend/query/file_rows.hpp", "backend/query/plan.hpp",
               "backend/query/read_engine.hpp"]
AUTH = CORE + ["auth/identity", "auth/authn", "auth/keys", "auth/policy", "auth/audit", "auth/governance"]
STORE = CORE + ["backend/flash", "backend/kv", "backend/journal", "backend/store"]
FRONT = CORE + ["auth", "protocols/common", "protocols/http", "protocols/sql"] + PLAIN_TYPES

ALLOWED = {
    "gateway/core": CORE,
    "backend/flash": CORE,
    "backend/kv": CORE,
    "backend/journal": CORE + ["backend/flash", "backend/kv"],
    "backend/store": STORE,
    "backend/store/model": CORE,
    "backend/query": STORE + ["backend/query"],
    "auth": AUTH,
    "auth/guard": AUTH + STORE + ["backend/query"],
    "protocols/common": CORE + ["auth"] + PLAIN_TYPES,
    "protocols/http": CORE + ["auth", "protocols/common"] + PLAIN_TYPES,
    "protocols/sql": CORE + ["auth", "protocols/common"] + PLAIN_TYPES,
    "protocols/s3": FRONT,
    "protocols/kafka": FRONT,
    "protocols/postgres": FRONT,
    "protocols/iceberg": FRONT,
    "protocols/registry": FRONT,
    "protocols/mcp": FRONT,
    "gateway": ["gateway", "auth", "backend", "protocols"],
    "tests": ["gateway", "auth", "backend", "protocols", "tests"],
    "compat-tests": ["gateway", "auth", "backend", "protocols", "tests", "compat-tests"],
}

# Header prefix -> places, each a path prefix and the endings of the files that may include it there.
# Tests may reach into a quarantine where they fake or check what it wraps.
QUARANTINE = {
    "rocksdb/": [("backend/kv/", ".cpp"), ("tests/support/", ""), ("tests/unit/kv/", ".cpp")],
    "duckdb": [("backend/query/", ".cpp"), ("tests/unit/query/", ".cpp")],
    "pg_query": [("protocols/sql/parse/", ".cpp")],
    "postgres.h": [("protocols/sql/parse/", ".cpp")],
    "nodes/": [("protocols/sql/parse/", ".cpp")],
    "zlib.h": [("backend/store/model/log_compression", ".cpp"), ("protocols/sql/records/decompressor", ".cpp"),
               ("tests/unit/sql_records/", ".cpp")],
    "bzlib.h": [("protocols/sql/records/decompressor", ".cpp"), ("tests/unit/sql_records/", ".cpp")],
    "simdjson": [("protocols/sql/records/", ".cpp"), ("tests/", ".cpp")],
    "snappy": [("backend/store/model/log_compression", ".cpp")],
    "lz4": [("backend/store/model/log_compression", ".cpp")],
    "zstd": [("backend/store/model/log_compression", ".cpp")],
    "re2/": [("protocols/kafka/coordinator/topic_pattern", ".cpp")],
    "liburing": [("backend/flash/", ".cpp")],
    "openssl/": [("gateway/core/", ".cpp"), ("gateway/net/tls", "")],
    "boost/asio/ssl": [("gateway/net/tls", "")],
    "boost/beast/ssl": [("gateway/net/tls", "")],
    "spdlog/": [("gateway/core/", ".cpp")],
    "prometheus/": [("gateway/core/", ".cpp")],
    "pugixml": [("protocols/s3/wire/", ".cpp"), ("tests/", ".cpp")],
    "toml++": [("gateway/config/", ".cpp")],
    "CLI/": [("gateway/cli/", ".cpp"), ("gateway/daemon/", ".cpp"), ("tests/bench/", ".cpp")],
}

# Headers of ours with few rightful users, in the same form: who may act as the server itself.
RESERVED = {
    "auth/guard/system_caller.hpp": [("auth/guard/", ".cpp"), ("gateway/daemon/", ".cpp"), ("tests/", "")],
}

# Callbacks and blocking tokens below the store, coroutines from there up.
WITHOUT_ASIO = ["backend/flash", "backend/kv", "backend/journal"]
ASIO_HEADERS = ["boost/asio", "boost/beast", "gateway/core/task.hpp", "gateway/core/async.hpp",
                "gateway/core/task_group.hpp", "gateway/core/blocking_pool.hpp", "gateway/core/timer.hpp",
                "gateway/core/event.hpp", "gateway/core/byte_stream.hpp"]


def under(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(prefix.rstrip("/") + "/")


def row_of(path: str) -> str | None:
    """The longest row of ALLOWED that `path` belongs to."""
    rows = [row for row in ALLOWED if under(path, row)]
    return max(rows, key=len) if rows else None


def may_include(path: str, included: str) -> bool:
    row = row_of(path)
    if row is None:
        return False
    return any(under(included, allowed) for allowed in ALLOWED[row] + [row])

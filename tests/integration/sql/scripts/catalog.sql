-- the search path as functions tell it
SELECT current_schema(), current_schemas(false), current_schemas(true);
SET search_path TO '';
SELECT current_schema() IS NULL, current_schemas(false), current_schemas(true);
SET search_path TO public, pg_catalog;
SELECT current_schema(), current_schemas(false), current_schemas(true);
SET search_path TO pg_catalog, public;
SELECT current_schema(), current_schemas(false), current_schemas(true);
SET search_path TO nowhere;
SELECT current_schema() IS NULL, current_schemas(false), current_schemas(true);
RESET search_path;
SELECT current_schema;
-- columns that every table has
CREATE TABLE t (id int PRIMARY KEY, a int, b text, UNIQUE (b, a));
CREATE VIEW w AS SELECT id FROM t;
SELECT attname, attnum, atttypid::regtype, attlen, attnotnull, attbyval, attalign, attstorage, attstattarget FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum < 0 ORDER BY attnum DESC;
SELECT count(*) FROM pg_attribute WHERE attrelid = 'w'::regclass AND attnum < 0;
SELECT count(*) FROM pg_attribute WHERE attrelid = 't_pkey'::regclass AND attnum < 0;
-- lists of column numbers
SELECT DISTINCT indkey FROM pg_index WHERE indrelid = 't'::regclass ORDER BY indkey;
SELECT indkey, count(*) FROM pg_index WHERE indrelid = 't'::regclass GROUP BY indkey ORDER BY 1 DESC;
SELECT max(indkey), min(indkey) FROM pg_index WHERE indrelid = 't'::regclass;
-- sets inside expressions
SELECT unnest(ARRAY[5, 6]), generate_subscripts(ARRAY[5, 6], 1) + 1;
SELECT generate_series(1, 3) * 10, generate_series(1, 2) + 100;
SELECT k.* FROM t RIGHT JOIN LATERAL (SELECT unnest(ARRAY[5, 6]), generate_subscripts(ARRAY[5, 6], 1) + 1) AS k(a, i) ON true;
SELECT DISTINCT ON (k.i % 2) k.i, k.a FROM (SELECT unnest(ARRAY[5, 6, 7]), generate_subscripts(ARRAY[5, 6, 7], 1) + 1) AS k(a, i) ORDER BY k.i % 2, k.i DESC;
SELECT (information_schema._pg_expandarray(ARRAY[5, 6])).n, information_schema._pg_expandarray(ARRAY[7, 8]);
SELECT -generate_series(1, 3) AS x ORDER BY x LIMIT 2;
SELECT a.attname, k.n FROM (SELECT indrelid, (information_schema._pg_expandarray(indkey)).x, (information_schema._pg_expandarray(indkey)).n FROM pg_index WHERE indexrelid = 't_b_a_key'::regclass) AS k JOIN pg_attribute AS a ON a.attrelid = k.indrelid AND a.attnum = k.x ORDER BY k.n;
-- privileges as they are by themselves
SELECT acldefault('r', 99999), acldefault('n', 99999), acldefault('f', 99999), acldefault('T', 99999), acldefault('d', 99999), acldefault('c', 99999), acldefault('s', 99999), acldefault('l', 99999);
SELECT acldefault('x', 10);
SELECT acldefault(NULL, 10) IS NULL;
-- partitions, tablespaces, labels, policies
SELECT count(*) FROM pg_partition_ancestors('t'::regclass);
SELECT spcname, pg_tablespace_location(oid) FROM pg_tablespace ORDER BY 1;
SELECT count(*) FROM pg_seclabels;
SELECT count(*) FROM pg_policies;
-- statistics: what there is
SELECT schemaname, relname FROM pg_stat_user_tables WHERE relname IN ('t', 'w', 'pg_class') ORDER BY 1, 2;
SELECT schemaname, relname FROM pg_stat_sys_tables WHERE relname IN ('t', 'w', 'pg_class') ORDER BY 1, 2;
SELECT schemaname, relname, indexrelname FROM pg_stat_user_indexes WHERE relname = 't' ORDER BY 3;
SELECT relname FROM pg_statio_all_tables WHERE relid = 't'::regclass;
SELECT indexrelname FROM pg_statio_user_indexes WHERE relname = 't' ORDER BY 1;
-- zones by their distance
SET TIME ZONE INTERVAL '+00:00' HOUR TO MINUTE;
SHOW TimeZone;
SET TIME ZONE INTERVAL '-03:30' HOUR TO MINUTE;
SHOW TimeZone;
SELECT '2020-01-01 00:00+00'::timestamptz;
SET TIME ZONE INTERVAL '02:30:15';
SELECT '2020-01-01 00:00+00'::timestamptz;
SET TIME ZONE INTERVAL '1' HOUR;
SHOW TimeZone;
SET TIME ZONE INTERVAL(2) '3 hours';
SHOW TimeZone;
SET TIME ZONE INTERVAL '1 day';
SET TIME ZONE INTERVAL '1 month';
SET TIME ZONE INTERVAL '200 hours';
RESET TIME ZONE;
-- readers may be serializable
BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE;
SHOW transaction_isolation;
SHOW transaction_read_only;
SELECT count(*) FROM t;
INSERT INTO t VALUES (1, 1, 'a');
ROLLBACK;
BEGIN;
SET TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY;
SELECT count(*) FROM t;
COMMIT;
SHOW transaction_isolation;
-- owners stay
ALTER TABLE t OWNER TO root;
ALTER TABLE t OWNER TO CURRENT_USER;
ALTER TABLE t OWNER TO nobody_there;
ALTER VIEW w OWNER TO root;
CREATE SEQUENCE q;
ALTER SEQUENCE q OWNER TO root;
ALTER SEQUENCE IF EXISTS nothing OWNER TO root;
CREATE TYPE mood AS ENUM ('ok');
ALTER TYPE mood OWNER TO root;
ALTER TYPE nothing OWNER TO root;
CREATE SCHEMA own;
ALTER SCHEMA own OWNER TO root;
ALTER SCHEMA nothing OWNER TO root;
SELECT pg_advisory_unlock_all();
UNLISTEN *;

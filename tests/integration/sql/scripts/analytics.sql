-- Joins, groups, windows, sets and orders over every kind of value. Each answer is in a total order, so that it is
-- the same whichever executor makes it; statements after "-- native" are not for the read engine.
SET TimeZone = 'UTC';
CREATE TABLE item (id int PRIMARY KEY, small int2, big int8, real4 float4, real8 float8, exact numeric, price numeric(10,2), word text, code varchar(10), pad char(5), flag bool, day date, at timestamp, atz timestamptz, span interval, tod time, raw bytea, uid uuid);
INSERT INTO item SELECT g, g % 7, g::int8 * 1000000007, (g % 5) / 4.0, (g % 9) / 8.0, (g % 6) / 4.0, (g % 11) * 1.25, 'word ' || g % 8, 'c' || g % 4, 'p' || g % 3, g % 3 = 0, date '2024-01-01' + g % 13, timestamp '2024-01-01 00:00:00' + (g % 10) * interval '1 hour', timestamptz '2024-03-01 00:00:00+00' + (g % 6) * interval '1 day', (g % 5) * interval '12 hours', time '08:00' + (g % 4) * interval '30 minutes', decode(lpad(to_hex(g % 9), 4, '0'), 'hex'), ('00000000-0000-0000-0000-0000000000' || lpad((g % 5)::text, 2, '0'))::uuid FROM generate_series(1, 60) g;
INSERT INTO item (id) VALUES (100), (101);
INSERT INTO item (id, small, big, real4, real8, exact, price, word, code, pad, flag) VALUES (102, -32768, -9223372036854775808, 'NaN', 'NaN', 'NaN', 0, '', '', '', false), (103, 32767, 9223372036854775807, 'Infinity', 'Infinity', 'Infinity', 1.00, 'Word 1', 'C1', 'p1', true), (104, 0, 0, '-Infinity', '-Infinity', '-Infinity', -1.00, 'wörd 1', 'ü', 'p 1', NULL), (105, 0, 0, 0, 0, 1.0, 0.10, 'a', 'b', 'c', true), (106, 0, 0, -0.5, 1e-300, 1.00, 0.10, 'a ', 'b ', 'c ', true), (107, 1, 1, 1e30, 1e300, 100000000000000000000.5, 99999999.99, 'z', 'z', 'z', false);
CREATE TABLE sale (item int, qty int, who text, amount numeric, seen float8);
INSERT INTO sale SELECT g % 70, g % 5, 'person ' || g % 4, g % 17 * 0.5, g / 8.0 FROM generate_series(1, 200) g;
INSERT INTO sale VALUES (NULL, NULL, NULL, NULL, NULL), (1, NULL, 'nobody', NULL, NULL), (NULL, 3, 'person 1', 1.50, 0), (103, 2147483647, 'person 1', 1.5, 'NaN'), (104, 2147483647, 'person 2', 1.500, '-Infinity');
CREATE TABLE wide (item bigint PRIMARY KEY, note varchar(20));
INSERT INTO wide SELECT g, 'note ' || g FROM generate_series(1, 40) g;
CREATE TABLE nothing (id int PRIMARY KEY, v int, n numeric, t text);
-- groups
SELECT small, count(*), count(big), min(id), max(id) FROM item GROUP BY small ORDER BY small;
SELECT exact, count(*) FROM item WHERE id < 100 GROUP BY exact ORDER BY exact;
SELECT price, count(*), sum(price) FROM item GROUP BY price ORDER BY price;
SELECT word, count(*), max(word), min(word) FROM item GROUP BY word ORDER BY word;
SELECT code, count(*) FROM item GROUP BY code ORDER BY code;
SELECT flag, count(*), bool_and(small > 1), bool_or(small > 1), every(id > 0) FROM item GROUP BY flag ORDER BY flag;
SELECT day, count(*) FROM item GROUP BY day ORDER BY day NULLS FIRST;
SELECT at, atz, count(*) FROM item GROUP BY at, atz ORDER BY at, atz;
SELECT span, count(*), max(span), min(span) FROM item WHERE span IS NOT NULL GROUP BY span ORDER BY span;
SELECT tod, count(*) FROM item GROUP BY tod ORDER BY tod;
SELECT raw, count(*), min(id) FROM item GROUP BY raw ORDER BY raw;
SELECT uid, count(*) FROM item GROUP BY uid ORDER BY uid;
SELECT real4, count(*) FROM item GROUP BY real4 ORDER BY real4;
SELECT real8, count(*) FROM item GROUP BY real8 ORDER BY real8 DESC;
SELECT pad, count(*) FROM item WHERE id < 100 GROUP BY pad ORDER BY pad;
SELECT small % 2 AS parity, count(*), sum(small), sum(big / 1000), avg(small) FROM item WHERE id < 100 GROUP BY small % 2 ORDER BY parity;
SELECT sum(small), avg(small), sum(id), avg(id), sum(exact), avg(exact) FROM item WHERE id < 100;
SELECT sum(big), avg(big) FROM item;
SELECT sum(exact), avg(exact), max(exact), min(exact) FROM item;
SELECT sum(real8), avg(real8), min(real8), max(real8), sum(real4) FROM item WHERE id < 60;
SELECT sum(real8), max(real8), min(real8) FROM item;
SELECT sum(qty), avg(qty), min(qty), max(qty) FROM sale;
SELECT stddev(small), variance(qty)::numeric(20,6) FROM item JOIN sale ON item.id = sale.item WHERE qty < 10;
SELECT small, id, count(*) FROM item WHERE id < 10 GROUP BY id ORDER BY id;
SELECT count(*), count(v), sum(v), avg(v), min(v), max(t), sum(n), bool_and(v > 0) FROM nothing;
SELECT v, count(*) FROM nothing GROUP BY v ORDER BY v;
SELECT count(DISTINCT small), count(DISTINCT exact), count(DISTINCT word), sum(DISTINCT small), avg(DISTINCT small), count(DISTINCT real8) FROM item;
SELECT small, count(*) FILTER (WHERE flag), sum(id) FILTER (WHERE id > 30), count(*) FILTER (WHERE false) FROM item GROUP BY small ORDER BY small;
SELECT small, string_agg(word, ',' ORDER BY id), array_agg(id ORDER BY id DESC) FROM item WHERE id < 30 GROUP BY small ORDER BY small;
SELECT string_agg(word, '-' ORDER BY word DESC, id) FROM item WHERE id < 12;
SELECT small, count(*) FROM item GROUP BY small HAVING count(*) > 8 ORDER BY small;
SELECT small, sum(id) FROM item WHERE small IS NOT NULL GROUP BY small HAVING sum(id) > 200 AND min(id) < 5 ORDER BY sum(id) DESC, small;
SELECT flag, small, count(*) FROM item WHERE id < 100 GROUP BY GROUPING SETS ((flag, small), (flag), ()) ORDER BY flag, small, count(*);
SELECT code, flag, sum(id) FROM item WHERE id < 50 GROUP BY ROLLUP (code, flag) ORDER BY code, flag, sum(id);
SELECT v, count(*) FROM nothing GROUP BY GROUPING SETS ((v), ()) ORDER BY v;
-- joins
SELECT i.id, s.qty, s.who FROM item i JOIN sale s ON i.id = s.item WHERE i.id < 6 ORDER BY i.id, s.qty, s.who;
SELECT i.id, w.note FROM item i JOIN wide w ON i.id = w.item WHERE i.small = 3 ORDER BY i.id;
SELECT i.id, w.note FROM item i LEFT JOIN wide w ON i.id = w.item WHERE i.id BETWEEN 38 AND 104 ORDER BY i.id;
SELECT i.id, w.item FROM item i RIGHT JOIN wide w ON i.id = w.item AND i.small = 2 ORDER BY w.item;
SELECT i.id, w.item FROM item i FULL JOIN wide w ON i.id = w.item ORDER BY i.id, w.item;
SELECT count(*), count(i.id), count(s.item) FROM item i FULL JOIN sale s ON i.id = s.item;
SELECT i.id, count(s.qty), sum(s.qty), sum(s.amount) FROM item i LEFT JOIN sale s ON s.item = i.id AND s.qty > 1 GROUP BY i.id ORDER BY i.id;
SELECT a.id, b.id FROM item a JOIN item b ON a.exact = b.exact AND a.id < b.id WHERE a.id > 50 ORDER BY a.id, b.id;
SELECT a.id, b.id FROM item a JOIN item b ON a.pad = b.pad WHERE a.id > 100 AND b.id > 100 ORDER BY a.id, b.id;
SELECT a.id, b.id FROM item a JOIN item b ON a.real8 = b.real8 WHERE a.id > 55 AND b.id > 55 ORDER BY a.id, b.id;
SELECT a.id, b.id FROM item a JOIN item b ON a.span = b.span WHERE a.id < 12 AND b.id < 12 ORDER BY a.id, b.id;
SELECT i.id, s.who, w.note FROM item i, sale s, wide w WHERE i.id = s.item AND w.item = i.id AND s.qty = 4 ORDER BY i.id, s.who, w.note;
SELECT i.small, s.who, count(*), sum(s.qty + i.small) FROM item i JOIN sale s ON i.id = s.item WHERE s.qty < 100 GROUP BY i.small, s.who ORDER BY i.small, s.who;
SELECT i.id FROM item i JOIN sale s ON upper(i.word) = upper('WORD ' || s.qty) WHERE i.id < 5 GROUP BY i.id ORDER BY i.id;
SELECT count(*) FROM item a CROSS JOIN wide b;
SELECT count(*) FROM item a LEFT JOIN nothing n ON a.id = n.id WHERE n.id IS NULL;
SELECT q.small, q.n, i.id FROM (SELECT small, count(*) AS n FROM item GROUP BY small) q JOIN item i ON i.small = q.small WHERE i.id < 8 ORDER BY i.id;
SELECT g, count(i.id) FROM generate_series(0, 8) g LEFT JOIN item i ON i.small = g GROUP BY g ORDER BY g;
SELECT v.a, v.b, i.word FROM (VALUES (1, 'x'), (2, 'y'), (NULL, 'z')) v(a, b) JOIN item i ON i.id = v.a ORDER BY v.a;
-- subqueries
SELECT id FROM item WHERE id IN (SELECT item FROM sale WHERE qty = 3) ORDER BY id;
SELECT id FROM item WHERE id NOT IN (SELECT item FROM sale WHERE item IS NOT NULL) ORDER BY id;
SELECT id FROM item WHERE small NOT IN (SELECT item FROM sale) ORDER BY id;
SELECT id FROM item i WHERE EXISTS (SELECT 1 FROM sale s WHERE s.item = i.id AND s.qty > 3) ORDER BY id;
SELECT id FROM item i WHERE NOT EXISTS (SELECT 1 FROM sale s WHERE s.item = i.id) ORDER BY id;
SELECT id, (SELECT sum(qty) FROM sale s WHERE s.item = i.id) AS total FROM item i WHERE id < 20 ORDER BY total DESC NULLS LAST, id;
SELECT id FROM item WHERE real8 > (SELECT avg(real8) FROM item WHERE id < 50) AND id < 60 ORDER BY id;
SELECT id FROM item i WHERE small = (SELECT max(small) FROM item j WHERE j.code = i.code AND j.id < 40) ORDER BY id;
WITH t AS (SELECT small, count(*) AS n FROM item GROUP BY small) SELECT a.small, a.n, b.n FROM t a JOIN t b ON a.n = b.n ORDER BY a.small, b.small, b.n;
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 12) SELECT r.n, count(i.id) FROM r LEFT JOIN item i ON i.small = r.n GROUP BY r.n ORDER BY r.n;
-- conditions
SELECT id FROM item WHERE small > 3 AND (flag OR word LIKE 'word%') AND NOT (code = 'c1') ORDER BY id;
SELECT id FROM item WHERE (small > 3) IS NOT TRUE AND id > 50 ORDER BY id;
SELECT id FROM item WHERE small IS DISTINCT FROM 0 AND coalesce(small, 9) > 5 ORDER BY id;
SELECT id FROM item WHERE small IN (1, 2, NULL) AND code IN ('c1', 'c2') ORDER BY id;
SELECT id FROM item WHERE small <> 0 AND 100 / small > 30 ORDER BY id;
SELECT id, CASE WHEN small = 0 THEN -1 ELSE 100 / small END AS share FROM item WHERE id < 20 ORDER BY share, id;
SELECT id, small + id * 2, -id, big - 1, length(word), word || code FROM item WHERE id IN (1, 5, 9, 102) ORDER BY id DESC LIMIT 3;
SELECT 100 / small FROM item ORDER BY 1;
SELECT id + 2147483647 FROM item ORDER BY 1;
SELECT sum(big + big) FROM item;
SELECT sum(big) FROM item WHERE id = 103 HAVING max(big) + 1 > 0;
-- orders
SELECT id, real8 FROM item ORDER BY real8 DESC, id;
SELECT id, real4 FROM item ORDER BY real4 NULLS FIRST, id LIMIT 12;
SELECT id, exact FROM item ORDER BY exact NULLS FIRST, id DESC OFFSET 5 LIMIT 9;
SELECT id, word FROM item ORDER BY word COLLATE "C" DESC NULLS LAST, id LIMIT 20;
SELECT id, pad FROM item ORDER BY pad, id LIMIT 20;
SELECT id, span, tod FROM item ORDER BY span DESC, tod, id LIMIT 20;
SELECT id, raw, uid FROM item ORDER BY raw DESC, uid, id LIMIT 20;
SELECT id, flag, day FROM item ORDER BY flag DESC, day, id LIMIT 20;
SELECT '-0'::float8 * small AS zero, id FROM item WHERE id IN (1, 2, 3) ORDER BY zero, id;
SELECT DISTINCT small FROM item ORDER BY small;
SELECT DISTINCT exact FROM item WHERE id < 100 ORDER BY exact;
SELECT DISTINCT code, flag FROM item ORDER BY code, flag;
SELECT DISTINCT ON (small) small, id, word FROM item ORDER BY small, id DESC;
SELECT DISTINCT real8 FROM item ORDER BY real8;
-- sets
SELECT id FROM item WHERE id < 5 UNION SELECT item FROM sale WHERE item < 7 ORDER BY 1;
SELECT small FROM item UNION ALL SELECT qty FROM sale WHERE qty < 3 ORDER BY 1;
SELECT id FROM item INTERSECT SELECT item FROM sale ORDER BY 1;
SELECT item FROM sale EXCEPT SELECT id FROM item ORDER BY 1;
SELECT qty FROM sale EXCEPT ALL SELECT small FROM item ORDER BY 1;
SELECT who FROM sale INTERSECT ALL SELECT 'person ' || small FROM item ORDER BY 1;
SELECT real8 FROM item WHERE id > 100 UNION SELECT seen FROM sale WHERE qty > 100 ORDER BY 1;
-- windows
SELECT id, row_number() OVER (ORDER BY id), rank() OVER (ORDER BY small), dense_rank() OVER (ORDER BY small NULLS FIRST) FROM item ORDER BY id;
SELECT id, sum(id) OVER (ORDER BY id), count(*) OVER (PARTITION BY small), avg(id) OVER (PARTITION BY small ORDER BY id) FROM item ORDER BY id;
SELECT id, sum(small) OVER (ORDER BY small), sum(big) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM item WHERE id < 40 ORDER BY id;
SELECT id, lag(id) OVER w, lead(word, 2, 'none') OVER w, first_value(id) OVER w, last_value(id) OVER w, nth_value(id, 2) OVER w FROM item WHERE id < 25 WINDOW w AS (PARTITION BY flag ORDER BY id) ORDER BY id;
SELECT id, min(id) OVER (ORDER BY id ROWS 3 PRECEDING), max(word) OVER (PARTITION BY code ORDER BY id), count(small) OVER (ORDER BY id ROWS BETWEEN 2 FOLLOWING AND 4 FOLLOWING) FROM item ORDER BY id;
SELECT id, ntile(4) OVER (ORDER BY id), percent_rank() OVER (ORDER BY small), cume_dist() OVER (ORDER BY small) FROM item WHERE id < 30 ORDER BY id;
SELECT id, count(*) OVER (ORDER BY small GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES), sum(id) OVER (ORDER BY small RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW) FROM item WHERE id < 30 ORDER BY id;
SELECT small, count(*), rank() OVER (ORDER BY count(*) DESC, small), sum(count(*)) OVER () FROM item GROUP BY small ORDER BY small;
SELECT id, count(*) FILTER (WHERE flag) OVER (PARTITION BY small), bool_or(flag) OVER (ORDER BY id ROWS 2 PRECEDING) FROM item WHERE id < 30 ORDER BY id;
SELECT id, row_number() OVER (PARTITION BY exact ORDER BY real8, id) FROM item ORDER BY id;
-- native
SELECT id, sum(real8) OVER (ORDER BY id) FROM item WHERE id < 10 ORDER BY id;
-- native
SELECT id, sum(exact) OVER (ORDER BY id ROWS 2 PRECEDING) FROM item WHERE id < 10 ORDER BY id;
-- native
SELECT id, sum(id) OVER (ORDER BY id RANGE BETWEEN 3 PRECEDING AND CURRENT ROW) FROM item WHERE id < 10 ORDER BY id;
-- native
SELECT id, s.qty FROM item i LEFT JOIN sale s ON s.item = i.id AND s.qty + i.small > 5 WHERE id < 8 ORDER BY id, s.qty;
-- native
SELECT i.id, l.qty FROM item i, LATERAL (SELECT max(qty) AS qty FROM sale s WHERE s.item = i.id) l WHERE i.id < 8 ORDER BY i.id;
-- native
SELECT exact FROM item WHERE id < 10 UNION SELECT amount FROM sale WHERE qty = 2 ORDER BY 1;
-- native
SELECT flag, grouping(flag), count(*) FROM item GROUP BY ROLLUP (flag) ORDER BY flag, count(*);
-- native
SELECT id, generate_series(1, small) FROM item WHERE id < 5 ORDER BY 1, 2;
-- native
SELECT item.* FROM item WHERE id = 5;
-- own writes and snapshots
BEGIN;
UPDATE item SET small = 6 WHERE id < 4;
DELETE FROM sale WHERE qty = 4;
INSERT INTO item (id, small) VALUES (200, 6);
SELECT small, count(*) FROM item GROUP BY small ORDER BY small;
SELECT count(*), sum(s.qty) FROM item i JOIN sale s ON i.id = s.item WHERE s.qty < 100;
ALTER TABLE item ADD COLUMN extra int DEFAULT 7;
SELECT extra, count(*) FROM item GROUP BY extra ORDER BY extra;
ROLLBACK;
INSERT INTO nothing SELECT i.id, sum(s.qty), sum(s.amount), max(s.who) FROM item i JOIN sale s ON s.item = i.id WHERE s.qty < 9 GROUP BY i.id;
SELECT count(*), sum(v), sum(n), min(t) FROM nothing;
PREPARE p(int, text) AS SELECT small, count(*) FROM item WHERE id < $1 AND word <> $2 GROUP BY small ORDER BY small;
EXECUTE p(20, 'word 3');
EXECUTE p(NULL, 'word 3');

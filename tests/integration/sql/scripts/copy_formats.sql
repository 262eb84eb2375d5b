CREATE TABLE c (a int, b text, d numeric DEFAULT 7);
COPY c (a, b) FROM STDIN (FORMAT bogus);
COPY c (a, b) FROM STDIN (DELIMITER 'ab');
COPY c (a, b) FROM STDIN (DELIMITER 'a');
COPY c (a, b) FROM STDIN (NULL E'\n');
COPY c (a, b) FROM STDIN (QUOTE '$');
COPY c (a, b) FROM STDIN (FORMAT csv, QUOTE 'ab');
COPY c (a, b) FROM STDIN (FORMAT csv, DELIMITER '"');
COPY c (a, b) FROM STDIN (ESCAPE '$');
COPY c (a, b) FROM STDIN (FORMAT csv, FORCE_QUOTE (a));
COPY c (a, b) TO STDOUT (FORMAT csv, FORCE_NULL (a));
COPY c (a, b) FROM STDIN (NULL 'a,b', DELIMITER ',');
COPY c (a, b) FROM STDIN (FORMAT csv, NULL '"');
COPY c (a, b) FROM STDIN (HEADER bogus);
COPY c (a, b) TO STDOUT (HEADER match);
COPY c (a, b) FROM STDIN (FORCE_QUOTE a);
COPY c (a, b) FROM STDIN (nope);
COPY c (a, b) FROM STDIN (FORMAT csv, FORMAT csv);
COPY c (a, b) FROM STDIN (FORMAT binary, DELIMITER ',');
COPY c (a, b) FROM STDIN (FORMAT binary, HEADER);
COPY c (a, b) FROM STDIN (FORMAT csv, FORCE_NULL (nope));
COPY c (a, b) FROM STDIN (FORMAT csv, FORCE_NULL (d));
COPY c (a, a) FROM STDIN;
COPY c (nope) FROM STDIN;
COPY nope FROM STDIN;
COPY (SELECT 1 AS x) TO STDOUT (FORMAT csv, FORCE_QUOTE (nope));
COPY (SELECT 1 AS x, 'y' AS y) TO STDOUT (FORMAT csv, FORCE_QUOTE (y), HEADER);
COPY c (a, b) FROM STDIN (DELIMITER '|', NULL 'nil');
1|one
2|nil
3|a\|b
\.
COPY c FROM STDIN (FORMAT csv, HEADER match, FORCE_NULL (b), NULL 'nil');
a,b,d
4,"nil",1.5
5,"two
lines",2
6,"a ""q"" b",nil
\.
COPY c FROM STDIN CSV QUOTE '''' ESCAPE '\' FORCE NOT NULL b;
7,'it\'s',1
8,,2
\.
COPY c FROM STDIN (FORMAT csv, HEADER match);
a,x,d
\.
COPY c FROM STDIN (HEADER match);
a	b
\.
COPY c FROM STDIN;
x	bad	1
\.
COPY c FROM STDIN;
9	few
\.
COPY c FROM STDIN;
9	many	1	2
\.
COPY c FROM STDIN (FORMAT csv);
9,"open,1
\.
COPY c (a) FROM STDIN WHERE a > 10;
10
11
12
\.
SELECT a, b, d, b IS NULL FROM c ORDER BY a;
COPY c TO STDOUT (FORMAT csv, HEADER, FORCE_QUOTE *, NULL 'nil');
COPY c TO STDOUT (DELIMITER ';', HEADER);
COPY c (b) TO STDOUT;
COPY (SELECT a FROM c WHERE a < 3 ORDER BY a) TO STDOUT;
COPY (VALUES (E'tab\tnl\ncr\rback\\', NULL, ''), ('\N', '\.', 'x')) TO STDOUT;
COPY (VALUES (E'tab\tnl\ncr\rback\\', NULL, ''), ('\N', '\.', 'x,"')) TO STDOUT CSV;
CREATE TABLE k (id int PRIMARY KEY, v text NOT NULL, n int CHECK (n > 0));
COPY k FROM STDIN;
1	a	1
1	b	2
\.
COPY k FROM STDIN;
1	\N	1
\.
COPY k FROM STDIN;
1	a	-1
\.
SELECT count(*) FROM k;
BEGIN;
COPY k FROM STDIN;
1	a	1
\.
ROLLBACK;
SELECT count(*) FROM k;
CREATE VIEW w AS SELECT * FROM k;
COPY w TO STDOUT;
COPY w FROM STDIN;
COPY (INSERT INTO k VALUES (5, 'five', 5) RETURNING id, v) TO STDOUT;
COPY (DELETE FROM k WHERE id = 5) TO STDOUT;

CREATE TABLE c (id int PRIMARY KEY, t text, n numeric);
COPY c FROM STDIN;
1	tab\tinside	1.5
2	\N	\N
\.
COPY c (id, t) FROM STDIN WITH (FORMAT csv, HEADER);
id,t
3,"with, comma"
4,"with ""quotes"""
\.
SELECT * FROM c ORDER BY id;
COPY c TO STDOUT;
COPY (SELECT id, t FROM c ORDER BY id DESC) TO STDOUT WITH (FORMAT csv, HEADER, FORCE_QUOTE (t));
COPY c FROM STDIN;
x	1	2
\.
COPY c FROM STDIN;
9
\.
SELECT count(*) FROM c;

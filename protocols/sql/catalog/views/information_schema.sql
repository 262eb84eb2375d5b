-- Views of information_schema over pg_catalog (SQL:2016 part 11, with PostgreSQL's columns). Their
-- columns are coerced to the schema's domains when they are expanded. "-- view NAME" begins each.

-- view schemata
SELECT current_database() AS catalog_name, n.nspname AS schema_name, r.rolname AS schema_owner,
       NULL AS default_character_set_catalog, NULL AS default_character_set_schema,
       NULL AS default_character_set_name, NULL AS sql_path
FROM pg_namespace n JOIN pg_authid r ON r.oid = n.nspowner

-- view tables
SELECT current_database() AS table_catalog, n.nspname AS table_schema, c.relname AS table_name,
       CASE WHEN c.relpersistence = 't' THEN 'LOCAL TEMPORARY'
            WHEN c.relkind IN ('r', 'p') THEN 'BASE TABLE'
            WHEN c.relkind = 'v' THEN 'VIEW'
            WHEN c.relkind = 'f' THEN 'FOREIGN' END AS table_type,
       NULL AS self_referencing_column_name, NULL AS reference_generation,
       NULL AS user_defined_type_catalog, NULL AS user_defined_type_schema,
       NULL AS user_defined_type_name,
       CASE WHEN c.relkind IN ('r', 'p') THEN 'YES' ELSE 'NO' END AS is_insertable_into,
       'NO' AS is_typed, NULL AS commit_action
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'f', 'p')

-- view views
SELECT current_database() AS table_catalog, n.nspname AS table_schema, c.relname AS table_name,
       pg_get_viewdef(c.oid) AS view_definition, 'NONE' AS check_option, 'NO' AS is_updatable,
       'NO' AS is_insertable_into, 'NO' AS is_trigger_updatable, 'NO' AS is_trigger_deletable,
       'NO' AS is_trigger_insertable_into
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'v'

-- view columns
SELECT current_database() AS table_catalog, n.nspname AS table_schema, c.relname AS table_name,
       a.attname AS column_name, a.attnum::int4 AS ordinal_position,
       CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END AS column_default,
       CASE WHEN a.attnotnull OR (t.typtype = 'd' AND t.typnotnull) THEN 'NO' ELSE 'YES' END
           AS is_nullable,
       CASE WHEN e.typelem <> 0 AND e.typlen = -1 THEN 'ARRAY'
            WHEN en.nspname = 'pg_catalog' THEN format_type(e.oid, NULL)
            ELSE 'USER-DEFINED' END AS data_type,
       CASE WHEN m.modifier <> -1 AND e.oid IN (1042, 1043) THEN m.modifier - 4
            WHEN m.modifier <> -1 AND e.oid IN (1560, 1562) THEN m.modifier END
           AS character_maximum_length,
       CASE WHEN e.oid IN (25, 1042, 1043) THEN
                CASE WHEN m.modifier = -1 THEN 1073741824 ELSE (m.modifier - 4) * 4 END END
           AS character_octet_length,
       CASE e.oid WHEN 21 THEN 16 WHEN 23 THEN 32 WHEN 20 THEN 64 WHEN 700 THEN 24
                  WHEN 701 THEN 53
                  WHEN 1700 THEN CASE WHEN m.modifier <> -1
                                      THEN ((m.modifier - 4) >> 16) & 65535 END END
           AS numeric_precision,
       CASE WHEN e.oid IN (20, 21, 23, 700, 701) THEN 2 WHEN e.oid = 1700 THEN 10 END
           AS numeric_precision_radix,
       CASE WHEN e.oid IN (20, 21, 23) THEN 0
            WHEN e.oid = 1700 AND m.modifier <> -1 THEN (m.modifier - 4) & 65535 END
           AS numeric_scale,
       CASE WHEN e.oid = 1082 THEN 0
            WHEN e.oid IN (1083, 1114, 1184, 1266) THEN
                CASE WHEN m.modifier < 0 THEN 6 ELSE m.modifier END
            WHEN e.oid = 1186 THEN
                CASE WHEN m.modifier < 0 OR (m.modifier & 65535) = 65535 THEN 6
                     ELSE m.modifier & 65535 END END AS datetime_precision,
       NULL AS interval_type, NULL::int4 AS interval_precision, NULL AS character_set_catalog,
       NULL AS character_set_schema, NULL AS character_set_name,
       CASE WHEN co.nspname IS NOT NULL THEN current_database() END AS collation_catalog,
       co.nspname AS collation_schema, co.collname AS collation_name,
       CASE WHEN t.typtype = 'd' THEN current_database() END AS domain_catalog,
       CASE WHEN t.typtype = 'd' THEN tn.nspname END AS domain_schema,
       CASE WHEN t.typtype = 'd' THEN t.typname END AS domain_name,
       current_database() AS udt_catalog, en.nspname AS udt_schema, e.typname AS udt_name,
       NULL AS scope_catalog, NULL AS scope_schema, NULL AS scope_name,
       NULL::int4 AS maximum_cardinality, a.attnum::text::name AS dtd_identifier,
       'NO' AS is_self_referencing,
       CASE WHEN a.attidentity IN ('a', 'd') THEN 'YES' ELSE 'NO' END AS is_identity,
       CASE a.attidentity WHEN 'a' THEN 'ALWAYS' WHEN 'd' THEN 'BY DEFAULT' END
           AS identity_generation,
       s.seqstart::text AS identity_start, s.seqincrement::text AS identity_increment,
       s.seqmax::text AS identity_maximum, s.seqmin::text AS identity_minimum,
       CASE WHEN s.seqcycle THEN 'YES' ELSE 'NO' END AS identity_cycle,
       CASE WHEN a.attgenerated <> '' THEN 'ALWAYS' ELSE 'NEVER' END AS is_generated,
       CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END
           AS generation_expression,
       CASE WHEN c.relkind IN ('r', 'p') THEN 'YES' ELSE 'NO' END AS is_updatable
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid
JOIN pg_namespace tn ON tn.oid = t.typnamespace
JOIN pg_type e ON e.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
JOIN pg_namespace en ON en.oid = e.typnamespace
JOIN LATERAL (SELECT CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END AS modifier)
     m ON true
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN (SELECT l.oid, l.collname, ln.nspname FROM pg_collation l
           JOIN pg_namespace ln ON ln.oid = l.collnamespace) co
     ON co.oid = a.attcollation AND (co.nspname <> 'pg_catalog' OR co.collname <> 'default')
LEFT JOIN (SELECT p.refobjid, p.refobjsubid, q.seqstart, q.seqincrement, q.seqmax, q.seqmin,
                  q.seqcycle
           FROM pg_depend p JOIN pg_sequence q ON q.seqrelid = p.objid
           WHERE p.classid = 1259 AND p.refclassid = 1259 AND p.deptype = 'i') s
     ON s.refobjid = c.oid AND s.refobjsubid = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'v', 'f', 'p')

-- view table_constraints
SELECT current_database() AS constraint_catalog, n.nspname AS constraint_schema,
       k.conname AS constraint_name, current_database() AS table_catalog,
       n.nspname AS table_schema, c.relname AS table_name,
       CASE k.contype WHEN 'c' THEN 'CHECK' WHEN 'f' THEN 'FOREIGN KEY' WHEN 'p' THEN 'PRIMARY KEY'
                      WHEN 'u' THEN 'UNIQUE' END AS constraint_type,
       CASE WHEN k.condeferrable THEN 'YES' ELSE 'NO' END AS is_deferrable,
       CASE WHEN k.condeferred THEN 'YES' ELSE 'NO' END AS initially_deferred,
       'YES' AS enforced,
       CASE WHEN k.contype = 'u' THEN
                (SELECT CASE WHEN x.indnullsnotdistinct THEN 'NO' ELSE 'YES' END
                 FROM pg_index x WHERE x.indexrelid = k.conindid) END AS nulls_distinct
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype IN ('c', 'f', 'p', 'u') AND c.relkind IN ('r', 'p')
UNION ALL
SELECT current_database(), n.nspname,
       (n.oid::text || '_' || c.oid::text || '_' || a.attnum::text || '_not_null')::name,
       current_database(), n.nspname, c.relname, 'CHECK', 'NO', 'NO', 'YES', NULL
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE a.attnotnull AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p')

-- view key_column_usage
SELECT current_database() AS constraint_catalog, n.nspname AS constraint_schema,
       k.conname AS constraint_name, current_database() AS table_catalog,
       n.nspname AS table_schema, c.relname AS table_name, a.attname AS column_name,
       place.n AS ordinal_position,
       CASE WHEN k.contype = 'f' THEN place.n END AS position_in_unique_constraint
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN LATERAL generate_series(1, array_length(k.conkey, 1)) place(n) ON true
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[place.n]
WHERE k.contype IN ('p', 'u', 'f') AND c.relkind IN ('r', 'p') AND NOT a.attisdropped

-- view constraint_column_usage
SELECT current_database() AS table_catalog, n.nspname AS table_schema, c.relname AS table_name,
       a.attname AS column_name, current_database() AS constraint_catalog,
       kn.nspname AS constraint_schema, k.conname AS constraint_name
FROM pg_constraint k
JOIN pg_namespace kn ON kn.oid = k.connamespace
JOIN pg_class c ON c.oid = CASE WHEN k.contype = 'f' THEN k.confrelid ELSE k.conrelid END
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid
     AND a.attnum = ANY (CASE WHEN k.contype = 'f' THEN k.confkey ELSE k.conkey END)
WHERE k.contype IN ('p', 'u', 'f', 'c') AND c.relkind IN ('r', 'p') AND NOT a.attisdropped

-- view referential_constraints
SELECT current_database() AS constraint_catalog, n.nspname AS constraint_schema,
       k.conname AS constraint_name,
       CASE WHEN u.conname IS NOT NULL THEN current_database() END AS unique_constraint_catalog,
       un.nspname AS unique_constraint_schema, u.conname AS unique_constraint_name,
       CASE k.confmatchtype WHEN 'f' THEN 'FULL' WHEN 'p' THEN 'PARTIAL' WHEN 's' THEN 'NONE' END
           AS match_option,
       CASE k.confupdtype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL'
            WHEN 'd' THEN 'SET DEFAULT' WHEN 'r' THEN 'RESTRICT' WHEN 'a' THEN 'NO ACTION' END
           AS update_rule,
       CASE k.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL'
            WHEN 'd' THEN 'SET DEFAULT' WHEN 'r' THEN 'RESTRICT' WHEN 'a' THEN 'NO ACTION' END
           AS delete_rule
FROM pg_constraint k
JOIN pg_namespace n ON n.oid = k.connamespace
LEFT JOIN pg_constraint u ON u.conrelid = k.confrelid AND u.conindid = k.conindid
     AND u.contype IN ('p', 'u')
LEFT JOIN pg_namespace un ON un.oid = u.connamespace
WHERE k.contype = 'f'

-- view sequences
SELECT current_database() AS sequence_catalog, n.nspname AS sequence_schema,
       c.relname AS sequence_name, format_type(s.seqtypid, NULL) AS data_type,
       CASE s.seqtypid WHEN 21 THEN 16 WHEN 23 THEN 32 ELSE 64 END AS numeric_precision,
       2 AS numeric_precision_radix, 0 AS numeric_scale, s.seqstart::text AS start_value,
       s.seqmin::text AS minimum_value, s.seqmax::text AS maximum_value,
       s.seqincrement::text AS increment,
       CASE WHEN s.seqcycle THEN 'YES' ELSE 'NO' END AS cycle_option
FROM pg_sequence s
JOIN pg_class c ON c.oid = s.seqrelid
JOIN pg_namespace n ON n.oid = c.relnamespace

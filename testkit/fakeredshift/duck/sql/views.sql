-- Views on the catalog.

CREATE VIEW pg_internal.pg_class_info AS
SELECT c.oid AS reloid, c.relname, c.relnamespace, c.reltype, c.relowner, c.relam, c.relfilenode, c.reltablespace, c.relpages,
       c.reltuples, c.reltoastrelid, c.reltoastidxid, c.relhasindex, c.relisshared, c.relkind, c.relnatts, c.relexternid,
       c.relisreplicated, c.relispinned, c.reldiststyle, c.relprojbaseid, c.relchecks, c.reltriggers, c.relukeys, c.relfkeys,
       c.relrefs, c.relhasoids, c.relhaspkey, c.relhasrules, c.relhassubclass, c.relacl,
       (CASE c.reldiststyle WHEN 9 THEN 10 ELSE c.reldiststyle END)::SMALLINT AS releffectivediststyle,
       l.created AS relcreationtime
FROM pg_internal.pg_class c LEFT JOIN pg_internal.layout l ON l.relid = c.oid;

CREATE VIEW pg_internal.pg_tables AS
SELECT n.nspname AS schemaname, c.relname AS tablename, u.usename AS tableowner, NULL::VARCHAR AS tablespace,
       c.relhasindex AS hasindexes, c.relhasrules AS hasrules, false AS hastriggers
FROM pg_internal.pg_class c
JOIN pg_internal.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_internal.pg_user u ON u.usesysid = c.relowner
WHERE c.relkind = 'r';

CREATE VIEW pg_internal.pg_views AS
SELECT n.nspname AS schemaname, c.relname AS viewname, u.usename AS viewowner, l.definition
FROM pg_internal.pg_class c
JOIN pg_internal.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_internal.layout l ON l.relid = c.oid
LEFT JOIN pg_internal.pg_user u ON u.usesysid = c.relowner
WHERE c.relkind = 'v';

CREATE VIEW pg_internal.pg_table_def AS
SELECT n.nspname AS schemaname, c.relname AS tablename, a.attname AS "column",
       pg_internal.format_type(a.atttypid, a.atttypmod) AS "type",
       pg_internal.format_encoding(a.attencodingtype) AS "encoding", a.attisdistkey AS distkey,
       a.attsortkeyord::INTEGER AS sortkey, a.attnotnull AS "notnull"
FROM pg_internal.pg_attribute a
JOIN pg_internal.pg_class c ON c.oid = a.attrelid
JOIN pg_internal.pg_namespace n ON n.oid = c.relnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind = 'r'
  AND list_contains(getvariable('session').search_path, n.nspname)
ORDER BY 1, 2, a.attnum;

-- Tables that an ANALYZE has never seen are absent, and so are empty ones.
-- tbl_rows counts rows that are deleted and not yet vacuumed.
CREATE VIEW pg_internal.svv_table_info AS
SELECT getvariable('session').database_name::VARCHAR AS "database", n.nspname AS "schema", c.oid AS table_id, c.relname AS "table",
       CASE WHEN l.encode_auto THEN 'Y, AUTO(ENCODE)'
            WHEN EXISTS (SELECT 1 FROM pg_internal.pg_attribute e WHERE e.attrelid = c.oid AND e.attnum > 0
                         AND pg_internal.format_encoding(e.attencodingtype) <> 'none') THEN 'Y'
            ELSE 'N' END AS encoded,
       CASE c.reldiststyle WHEN 0 THEN 'EVEN' WHEN 8 THEN 'ALL' WHEN 9 THEN 'AUTO(ALL)'
            WHEN 1 THEN 'KEY(' || (SELECT attname FROM pg_internal.pg_attribute d WHERE d.attrelid = c.oid AND d.attisdistkey) || ')'
       END AS diststyle,
       CASE WHEN l.sort_auto THEN 'AUTO(SORTKEY)'
            WHEN (SELECT count(*) FROM pg_internal.pg_attribute s WHERE s.attrelid = c.oid AND s.attsortkeyord < 0) > 0 THEN 'INTERLEAVED'
            ELSE (SELECT attname FROM pg_internal.pg_attribute s WHERE s.attrelid = c.oid AND s.attsortkeyord = 1) END AS sortkey1,
       coalesce((SELECT max(atttypmod - 4) FROM pg_internal.pg_attribute v WHERE v.attrelid = c.oid AND v.atttypid = 1043
                 AND NOT v.attisdropped), 0)::INTEGER AS max_varchar,
       (SELECT pg_internal.format_encoding(attencodingtype) FROM pg_internal.pg_attribute s
        WHERE s.attrelid = c.oid AND s.attsortkeyord = 1) AS sortkey1_enc,
       (SELECT count(*) FROM pg_internal.pg_attribute s WHERE s.attrelid = c.oid AND s.attsortkeyord <> 0)::INTEGER AS sortkey_num,
       1::BIGINT AS size, 0::DECIMAL(10,4) AS pct_used, 0::BIGINT AS empty, 0::DECIMAL(5,2) AS unsorted,
       0::DECIMAL(5,2) AS stats_off, d.estimated_size::DECIMAL(38,0) AS tbl_rows, NULL::DECIMAL(19,2) AS skew_sortkey1,
       NULL::DECIMAL(19,2) AS skew_rows, d.estimated_size::DECIMAL(38,0) AS estimated_visible_rows,
       l.risk_event, NULL::DECIMAL(12,2) AS vacuum_sort_benefit, l.created AS create_time
FROM pg_internal.pg_class c
JOIN pg_internal.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_internal.layout l ON l.relid = c.oid
JOIN duckdb_tables() d ON d.schema_name = n.nspname AND d.table_name = c.relname
WHERE c.relkind = 'r' AND d.estimated_size > 0;

CREATE VIEW pg_internal.user_columns AS
SELECT getvariable('session').database_name::VARCHAR AS database_name, n.nspname AS schema_name, c.relname AS table_name, c.relkind,
       a.attname AS column_name, row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum)::INTEGER AS ordinal_position,
       d.adsrc AS column_default, CASE WHEN a.attnotnull THEN 'NO' ELSE 'YES' END AS is_nullable,
       pg_internal.format_type(a.atttypid, -1) AS base_type, pg_internal.format_type(a.atttypid, a.atttypmod) AS full_type,
       CASE WHEN a.atttypid IN (1042, 1043) THEN a.atttypmod - 4 END AS character_maximum_length,
       CASE WHEN a.atttypid = 1700 THEN (a.atttypmod - 4) >> 16 WHEN a.atttypid = 21 THEN 16 WHEN a.atttypid = 23 THEN 32
            WHEN a.atttypid = 20 THEN 64 END AS numeric_precision,
       CASE WHEN a.atttypid = 1700 THEN (a.atttypmod - 4) & 65535 WHEN a.atttypid IN (20, 21, 23) THEN 0 END AS numeric_scale,
       pg_internal.format_encoding(a.attencodingtype) AS "encoding", a.attisdistkey AS distkey,
       a.attsortkeyord::INTEGER AS sortkey, pg_internal.col_description(c.oid, a.attnum) AS remarks
FROM pg_internal.pg_attribute a
JOIN pg_internal.pg_class c ON c.oid = a.attrelid
JOIN pg_internal.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_internal.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped;

CREATE VIEW pg_internal.svv_redshift_columns AS
SELECT database_name, schema_name, table_name, column_name, ordinal_position, full_type AS data_type, column_default,
       is_nullable, "encoding", distkey, sortkey, NULL::VARCHAR AS column_acl, remarks
FROM pg_internal.user_columns;

CREATE VIEW pg_internal.svv_all_columns AS
SELECT database_name, schema_name, table_name, column_name, ordinal_position, column_default, is_nullable,
       base_type AS data_type, character_maximum_length, numeric_precision, numeric_scale, remarks
FROM pg_internal.user_columns;

CREATE VIEW pg_internal.svv_columns AS
SELECT database_name AS table_catalog, schema_name AS table_schema, table_name, column_name, ordinal_position, column_default,
       is_nullable, base_type AS data_type, character_maximum_length, numeric_precision, numeric_scale, remarks
FROM pg_internal.user_columns;

CREATE VIEW pg_internal.svv_redshift_tables AS
SELECT getvariable('session').database_name::VARCHAR AS database_name, n.nspname AS schema_name, c.relname AS table_name,
       CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END AS table_type, c.relacl AS table_acl,
       pg_internal.obj_description(c.oid, 'pg_class') AS remarks, u.usename AS table_owner
FROM pg_internal.pg_class c
JOIN pg_internal.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_internal.pg_user u ON u.usesysid = c.relowner;

CREATE VIEW pg_internal.svv_all_tables AS
SELECT database_name, schema_name, table_name, table_type, remarks FROM pg_internal.svv_redshift_tables;

CREATE VIEW pg_internal.svv_tables AS
SELECT database_name AS table_catalog, schema_name AS table_schema, table_name,
       CASE table_type WHEN 'TABLE' THEN 'BASE TABLE' ELSE table_type END AS table_type, remarks
FROM pg_internal.svv_redshift_tables;

CREATE VIEW pg_internal.svv_redshift_schemas AS
SELECT getvariable('session').database_name::VARCHAR AS database_name, nspname AS schema_name, nspowner AS schema_owner,
       'local'::VARCHAR AS schema_type, nspacl AS schema_acl, NULL::VARCHAR AS schema_option
FROM pg_internal.pg_namespace;

CREATE VIEW pg_information.tables AS SELECT table_catalog, table_schema, table_name, table_type FROM pg_internal.svv_tables;

CREATE VIEW pg_information.columns AS
SELECT database_name AS table_catalog, schema_name AS table_schema, table_name, column_name, ordinal_position, column_default,
       is_nullable, base_type AS data_type, character_maximum_length, numeric_precision, numeric_scale
FROM pg_internal.user_columns;

CREATE VIEW pg_information.schemata AS
SELECT getvariable('session').database_name::VARCHAR AS catalog_name, n.nspname AS schema_name, u.usename AS schema_owner
FROM pg_internal.pg_namespace n LEFT JOIN pg_internal.pg_user u ON u.usesysid = n.nspowner;

CREATE VIEW pg_information.table_constraints AS
SELECT getvariable('session').database_name::VARCHAR AS constraint_catalog, n.nspname AS constraint_schema, k.conname AS constraint_name,
       getvariable('session').database_name::VARCHAR AS table_catalog, n.nspname AS table_schema, c.relname AS table_name,
       CASE k.contype WHEN 'p' THEN 'PRIMARY KEY' WHEN 'u' THEN 'UNIQUE' ELSE 'FOREIGN KEY' END AS constraint_type
FROM pg_internal.pg_constraint k
JOIN pg_internal.pg_class c ON c.oid = k.conrelid
JOIN pg_internal.pg_namespace n ON n.oid = c.relnamespace;

-- Functions and operators as Redshift has them, where DuckDB has none or
-- another. They stand before DuckDB's own on the search path.

-- The catalog under names that no query has: what stands in a macro's subquery
-- must not capture a name in the macro's argument.
CREATE VIEW pg_internal.macro_class AS
SELECT c.oid AS macro_oid, c.relname AS macro_relation, n.nspname AS macro_schema
FROM pg_internal.pg_class c JOIN pg_internal.pg_namespace n ON n.oid = c.relnamespace;
CREATE VIEW pg_internal.macro_attributes AS
SELECT attrelid AS macro_owner, attname AS macro_attribute, attnum AS macro_number FROM pg_internal.pg_attribute;
CREATE VIEW pg_internal.macro_constraint AS
SELECT oid AS macro_constraint_oid, contype AS macro_kind, conrelid AS macro_child, confrelid AS macro_parent, conkey AS macro_key,
       confkey AS macro_other_key
FROM pg_internal.pg_constraint;
CREATE VIEW pg_internal.macro_description AS
SELECT objoid AS macro_object, classoid AS macro_catalog, objsubid AS macro_part, description AS macro_text FROM pg_internal.pg_description;
CREATE VIEW pg_internal.macro_users AS SELECT usename AS macro_user, usesysid AS macro_user_id FROM pg_internal.pg_user;
CREATE VIEW pg_internal.macro_layout AS SELECT relid AS macro_view, definition AS macro_definition FROM pg_internal.layout;

-- Operators and clauses. A backslash escapes in LIKE; ~ finds, it does not match the whole.
CREATE MACRO pg_internal."~~"(a, b) AS like_escape(a, b, '\');
CREATE MACRO pg_internal."!~~"(a, b) AS not_like_escape(a, b, '\');
CREATE MACRO pg_internal."~~*"(a, b) AS ilike_escape(a, b, '\');
CREATE MACRO pg_internal."!~~*"(a, b) AS not_ilike_escape(a, b, '\');
CREATE MACRO pg_internal.regexp_full_match(a, b) AS regexp_matches(a, b);
CREATE MACRO pg_internal."//"(a, b) AS CASE WHEN b = 0 THEN error('redshift:22012:0:division by zero') ELSE divide(a, b) END;
CREATE MACRO pg_internal."%"(a, b) AS CASE WHEN b = 0 THEN error('redshift:22012:0:division by zero') ELSE mod(a, b) END;

-- Casts. VARCHAR(n) counts bytes and cuts between characters; CHAR(n) forgets trailing blanks.
CREATE MACRO pg_internal.pg_cut(s, n) AS list_transform([s], lambda x: CASE
    WHEN strlen(x) <= n THEN x
    WHEN strlen(x) = length(x) THEN left(x, n)
    ELSE left(x, list_max(list_filter(range(0, n + 1), lambda k: strlen(left(x, k::BIGINT)) <= n))::BIGINT) END)[1];
CREATE MACRO pg_internal.pg_varchar(s, n) AS pg_internal.pg_cut(s, n);
CREATE MACRO pg_internal.pg_char(s, n) AS rtrim(pg_internal.pg_cut(s, n), ' ');
CREATE MACRO pg_internal.pg_super(s) AS s;
CREATE MACRO pg_internal.pg_regclass(s) AS (
    SELECT macro_oid FROM pg_internal.macro_class
    WHERE replace(s, '"', '') = macro_schema || '.' || macro_relation
       OR replace(s, '"', '') = macro_relation AND list_contains(getvariable('session').search_path, macro_schema)
       OR s = macro_oid::VARCHAR
    LIMIT 1);

-- Assignments: what an INSERT, UPDATE or COPY does with a value on its way into a column.
CREATE MACRO pg_internal.into_varchar(s, n) AS CASE
    WHEN s IS NULL OR strlen(s) <= n THEN s
    WHEN strlen(rtrim(s, ' ')) <= n THEN pg_internal.pg_cut(s, n)
    ELSE error('redshift:22001:8001:value too long for type character varying(' || n || ')') END;
CREATE MACRO pg_internal.into_char(s, n) AS CASE
    WHEN s IS NULL THEN s
    WHEN strlen(s) <> length(s) THEN error('redshift:22001:8001:Multibyte character not supported for CHAR')
    WHEN strlen(rtrim(s, ' ')) <= n THEN rtrim(s, ' ')
    ELSE error('redshift:22001:8001:value too long for type character(' || n || ')') END;
CREATE MACRO pg_internal.into_super(s) AS CASE
    WHEN s IS NULL OR json_valid(s) THEN s ELSE to_json(s)::VARCHAR END;
CREATE MACRO pg_internal.into_varbyte(b, n) AS CASE
    WHEN b IS NULL OR octet_length(b::BLOB) <= n THEN b::BLOB
    ELSE error('redshift:22001:8001:value too long for type binary varying(' || n || ')') END;

-- The session.
CREATE MACRO pg_internal.version() AS
    'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 (Red Hat 3.4.2-6.fc3), Redshift 1.0.12345';
CREATE MACRO pg_internal.current_user() AS getvariable('session').user_name::VARCHAR;
CREATE MACRO pg_internal.session_user() AS getvariable('session').user_name::VARCHAR;
CREATE MACRO pg_internal.user() AS getvariable('session').user_name::VARCHAR;
CREATE MACRO pg_internal.current_user_id() AS 100;
CREATE MACRO pg_internal.current_database() AS getvariable('session').database_name::VARCHAR;
CREATE MACRO pg_internal.current_schema() AS getvariable('session').search_path[1]::VARCHAR;
CREATE MACRO pg_internal.current_schemas(implicit) AS
    CASE WHEN implicit THEN list_prepend('pg_catalog', getvariable('session').search_path) ELSE getvariable('session').search_path END;
CREATE MACRO pg_internal.current_namespace() AS getvariable('session').database_name::VARCHAR;
CREATE MACRO pg_internal.pg_backend_pid() AS getvariable('session').pid::INTEGER;
CREATE MACRO pg_internal.pg_last_query_id() AS getvariable('session').last_query::BIGINT;
CREATE MACRO pg_internal.pg_last_copy_count() AS getvariable('session').copy_count::BIGINT;
CREATE MACRO pg_internal.pg_last_copy_id() AS getvariable('session').copy_id::BIGINT;
CREATE MACRO pg_internal.pg_last_unload_count() AS getvariable('session').unload_count::BIGINT;
CREATE MACRO pg_internal.pg_last_unload_id() AS getvariable('session').unload_id::BIGINT;
CREATE MACRO pg_internal.getdate() AS date_trunc('second', getvariable('session').clock::TIMESTAMP);
CREATE MACRO pg_internal.now() AS getvariable('session').clock::TIMESTAMP::TIMESTAMPTZ;
CREATE MACRO pg_internal.get_current_timestamp() AS getvariable('session').clock::TIMESTAMP::TIMESTAMPTZ;
CREATE MACRO pg_internal.current_date() AS getvariable('session').clock::TIMESTAMP::DATE;
CREATE MACRO pg_internal.today() AS getvariable('session').clock::TIMESTAMP::DATE;
CREATE MACRO pg_internal.transaction_timestamp() AS getvariable('session').clock::TIMESTAMP::TIMESTAMPTZ;
CREATE MACRO pg_internal.timeofday() AS strftime(getvariable('session').clock::TIMESTAMP, '%a %b %d %H:%M:%S.%f %Y UTC');

-- The catalog.
CREATE MACRO pg_internal.quote_ident(s) AS
    CASE WHEN regexp_full_match(s, '[a-z_][a-z0-9_]*') THEN s ELSE '"' || replace(s, '"', '""') || '"' END;
CREATE MACRO pg_internal.quote_literal(s) AS '''' || replace(replace(s, '\', '\\'), '''', '''''') || '''';
CREATE MACRO pg_internal.format_type(t, m) AS CASE t::BIGINT
    WHEN 16 THEN 'boolean' WHEN 20 THEN 'bigint' WHEN 21 THEN 'smallint' WHEN 23 THEN 'integer' WHEN 25 THEN 'text'
    WHEN 26 THEN 'oid' WHEN 700 THEN 'real' WHEN 701 THEN 'double precision'
    WHEN 1042 THEN CASE WHEN m >= 4 THEN 'character(' || (m - 4) || ')' ELSE 'character' END
    WHEN 1043 THEN CASE WHEN m >= 4 THEN 'character varying(' || (m - 4) || ')' ELSE 'character varying' END
    WHEN 1082 THEN 'date' WHEN 1083 THEN 'time without time zone' WHEN 1266 THEN 'time with time zone'
    WHEN 1114 THEN 'timestamp without time zone' WHEN 1184 THEN 'timestamp with time zone'
    WHEN 1188 THEN 'interval year to month' WHEN 1190 THEN 'interval day to second'
    WHEN 1700 THEN CASE WHEN m >= 4 THEN 'numeric(' || ((m - 4) >> 16) || ',' || ((m - 4) & 65535) || ')' ELSE 'numeric' END
    WHEN 2935 THEN 'hllsketch' WHEN 3000 THEN 'geometry' WHEN 3001 THEN 'geography' WHEN 4000 THEN 'super'
    WHEN 6551 THEN CASE WHEN m >= 4 THEN 'binary varying(' || (m - 4) || ')' ELSE 'binary varying' END
    WHEN 1005 THEN 'smallint[]' WHEN 1007 THEN 'integer[]' ELSE '???' END;
-- The numbers of the encodings are this package's own, but for 0 and 128.
CREATE MACRO pg_internal.format_encoding(e) AS CASE e::BIGINT
    WHEN 0 THEN 'none' WHEN 128 THEN 'none' WHEN 1 THEN 'bytedict' WHEN 2 THEN 'delta' WHEN 3 THEN 'delta32k' WHEN 4 THEN 'lzo'
    WHEN 5 THEN 'mostly8' WHEN 6 THEN 'mostly16' WHEN 7 THEN 'mostly32' WHEN 8 THEN 'runlength' WHEN 9 THEN 'text255'
    WHEN 10 THEN 'text32k' WHEN 11 THEN 'zstd' WHEN 12 THEN 'az64' END;
CREATE MACRO pg_internal.pg_get_expr(e, relation) AS e, (e, relation, pretty) AS e;
CREATE MACRO pg_internal.col_description(o, n) AS (
    SELECT macro_text FROM pg_internal.macro_description WHERE macro_object = o::UINTEGER AND macro_part = n AND macro_catalog = 1259);
CREATE MACRO pg_internal.obj_description(o) AS (
    SELECT macro_text FROM pg_internal.macro_description WHERE macro_object = o::UINTEGER AND macro_part = 0 LIMIT 1),
    (o, catalog) AS (SELECT macro_text FROM pg_internal.macro_description WHERE macro_object = o::UINTEGER AND macro_part = 0
    AND macro_catalog = CASE catalog WHEN 'pg_class' THEN 1259 WHEN 'pg_namespace' THEN 2615 WHEN 'pg_constraint' THEN 2606 ELSE 1262 END);
CREATE MACRO pg_internal.macro_columns(relation, numbers) AS (
    SELECT string_agg(pg_internal.quote_ident(macro_attribute), ', ' ORDER BY list_position(numbers, macro_number))
    FROM pg_internal.macro_attributes WHERE macro_owner = relation AND list_contains(numbers, macro_number));
CREATE MACRO pg_internal.macro_constraintdef(o) AS (
    SELECT CASE macro_kind
        WHEN 'p' THEN 'PRIMARY KEY (' || pg_internal.macro_columns(macro_child, macro_key) || ')'
        WHEN 'u' THEN 'UNIQUE (' || pg_internal.macro_columns(macro_child, macro_key) || ')'
        ELSE 'FOREIGN KEY (' || pg_internal.macro_columns(macro_child, macro_key) || ') REFERENCES '
            || CASE WHEN list_contains(getvariable('session').search_path, macro_schema) THEN '' ELSE pg_internal.quote_ident(macro_schema) || '.' END
            || pg_internal.quote_ident(macro_relation) || '(' || pg_internal.macro_columns(macro_parent, macro_other_key) || ')' END
    FROM pg_internal.macro_constraint LEFT JOIN pg_internal.macro_class ON macro_oid = macro_parent
    WHERE macro_constraint_oid = o::UINTEGER);
CREATE MACRO pg_internal.pg_get_constraintdef(o) AS pg_internal.macro_constraintdef(o), (o, pretty) AS pg_internal.macro_constraintdef(o);
CREATE MACRO pg_internal.pg_get_userbyid(id) AS (SELECT macro_user FROM pg_internal.macro_users WHERE macro_user_id = id);
CREATE MACRO pg_internal.pg_get_viewdef(o) AS (SELECT macro_definition FROM pg_internal.macro_layout WHERE macro_view = o::UINTEGER);
CREATE MACRO pg_internal.pg_table_is_visible(o) AS (
    SELECT list_contains(getvariable('session').search_path, macro_schema) FROM pg_internal.macro_class WHERE macro_oid = o::UINTEGER);
CREATE MACRO pg_internal.has_schema_privilege(s, p) AS true, (u, s, p) AS true;
CREATE MACRO pg_internal.has_table_privilege(t, p) AS true, (u, t, p) AS true;
CREATE MACRO pg_internal.has_database_privilege(d, p) AS true, (u, d, p) AS true;

-- Text, numbers and dates.
CREATE MACRO pg_internal.len(s) AS length(rtrim(s::VARCHAR, ' '));
CREATE MACRO pg_internal.octet_length(s) AS strlen(s::VARCHAR);
CREATE MACRO pg_internal.nvl(a, b) AS coalesce(a, b), (a, b, c) AS coalesce(a, b, c), (a, b, c, d) AS coalesce(a, b, c, d),
    (a, b, c, d, e) AS coalesce(a, b, c, d, e), (a, b, c, d, e, f) AS coalesce(a, b, c, d, e, f);
CREATE MACRO pg_internal.nvl2(a, b, c) AS CASE WHEN a IS NOT NULL THEN b ELSE c END;
CREATE MACRO pg_internal.charindex(part, s) AS strpos(s, part);
CREATE MACRO pg_internal.btrim(s) AS trim(s), (s, chars) AS trim(s, chars);
CREATE MACRO pg_internal.func_sha1(s) AS sha1(s);
CREATE MACRO pg_internal.sha(s) AS sha1(s);
CREATE MACRO pg_internal.sha2(s, bits) AS CASE bits WHEN 256 THEN sha256(s) ELSE error('redshift:0A000:0:sha2() of ' || bits || ' bits is not supported') END;
CREATE MACRO pg_internal.strtol(s, base) AS CASE base WHEN 10 THEN s::BIGINT WHEN 16 THEN ('0x' || s)::UBIGINT::HUGEINT::BIGINT
    ELSE error('redshift:0A000:0:strtol() of base ' || base || ' is not supported') END;
CREATE MACRO pg_internal.to_hex(n) AS lower(printf('%x', n::BIGINT));
CREATE MACRO pg_internal.json_parse(s) AS CASE WHEN s IS NULL OR json_valid(s) THEN s
    ELSE error('redshift:XX000:1224:invalid json') END;
CREATE MACRO pg_internal.json_serialize(s) AS s;
CREATE MACRO pg_internal.is_valid_json(s) AS json_valid(s);
CREATE MACRO pg_internal.dateadd(part, n, d) AS d + CASE lower(part)
    WHEN 'year' THEN to_years(n::INTEGER) WHEN 'quarter' THEN to_months(n::INTEGER * 3) WHEN 'month' THEN to_months(n::INTEGER)
    WHEN 'week' THEN to_days(n::INTEGER * 7) WHEN 'day' THEN to_days(n::INTEGER) WHEN 'hour' THEN to_hours(n)
    WHEN 'minute' THEN to_minutes(n) WHEN 'second' THEN to_seconds(n) WHEN 'millisecond' THEN to_milliseconds(n)
    ELSE error('redshift:22023:0:dateadd() does not take ' || part) END;
CREATE MACRO pg_internal.convert_timezone(z, t) AS timezone(z, t::TIMESTAMPTZ), (f, z, t) AS timezone(z, timezone(f, t::TIMESTAMP));

-- What the reader of Parquet files does with a value that does not fit.
CREATE MACRO pg_internal.fit_text(s, n, c, f, single) AS CASE
    WHEN s IS NULL THEN s
    WHEN strlen(s) > n THEN error('redshift:XX000:15001:Spectrum Scan Error. The length of the data column ' || c
        || ' is longer than the length defined in the table. Table: ' || n || ', Data: ' || strlen(s) || ', File name: ' || f)
    WHEN single AND strlen(s) <> length(s) THEN error('redshift:XX000:15001:Spectrum Scan Error. Multibyte character in CHAR column ' || c)
    WHEN single THEN rtrim(s, ' ')
    ELSE s END;
CREATE MACRO pg_internal.fit_super(s, n) AS CASE
    WHEN s IS NULL THEN s
    WHEN strlen(s) > n THEN error('redshift:XX000:1224:String value exceeds the max size of ' || n || ' bytes')
    WHEN json_valid(s) THEN s
    ELSE to_json(s)::VARCHAR END;

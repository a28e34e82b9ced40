-- Functions and operators as Redshift has them, where DuckDB has none or
-- another. They stand before DuckDB's own on the search path.

-- Operators and clauses. A backslash escapes in LIKE; ~ finds, it does not match the whole.
CREATE MACRO pg_internal."~~"(a, b) AS like_escape(a, b, '\');
CREATE MACRO pg_internal."!~~"(a, b) AS not_like_escape(a, b, '\');
CREATE MACRO pg_internal."~~*"(a, b) AS ilike_escape(a, b, '\');
CREATE MACRO pg_internal."!~~*"(a, b) AS not_ilike_escape(a, b, '\');
CREATE MACRO pg_internal.regexp_full_match(a, b) AS regexp_matches(a, b);
CREATE MACRO pg_internal."//"(a, b) AS CASE WHEN b = 0 THEN error('redshift:22012:0:division by zero') ELSE divide(a, b) END;
CREATE MACRO pg_internal."%"(a, b) AS CASE WHEN b = 0 THEN error('redshift:22012:0:division by zero') ELSE mod(a, b) END;

-- Casts. VARCHAR(n) counts bytes and cuts between characters; CHAR(n) forgets trailing blanks.
CREATE MACRO pg_internal.pg_cut(s, n) AS CASE
    WHEN strlen(s) <= n THEN s
    WHEN strlen(s) = length(s) THEN left(s, n)
    ELSE left(s, list_max(list_filter(range(0, least(length(s), n) + 1), lambda k: strlen(left(s, k::BIGINT)) <= n))::BIGINT) END;
CREATE MACRO pg_internal.pg_varchar(s, n) AS pg_internal.pg_cut(s, n);
CREATE MACRO pg_internal.pg_char(s, n) AS rtrim(pg_internal.pg_cut(s, n), ' ');
CREATE MACRO pg_internal.pg_super(s) AS s;
CREATE MACRO pg_internal.pg_regclass(s) AS (
    SELECT c.oid FROM pg_internal.pg_class c JOIN pg_internal.pg_namespace n ON n.oid = c.relnamespace
    WHERE replace(s, '"', '') = n.nspname || '.' || c.relname
       OR replace(s, '"', '') = c.relname AND list_contains(getvariable('session').search_path, n.nspname)
       OR s = c.oid::VARCHAR
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
    SELECT description FROM pg_internal.pg_description d WHERE d.objoid = o::UINTEGER AND d.objsubid = n AND d.classoid = 1259);
CREATE MACRO pg_internal.obj_description(o) AS (
    SELECT description FROM pg_internal.pg_description d WHERE d.objoid = o::UINTEGER AND d.objsubid = 0 LIMIT 1),
    (o, catalog) AS (SELECT description FROM pg_internal.pg_description d WHERE d.objoid = o::UINTEGER AND d.objsubid = 0
    AND d.classoid = CASE catalog WHEN 'pg_class' THEN 1259 WHEN 'pg_namespace' THEN 2615 WHEN 'pg_constraint' THEN 2606 ELSE 1262 END);
CREATE MACRO pg_internal.constraint_columns(relation, numbers) AS (
    SELECT string_agg(pg_internal.quote_ident(attname), ', ' ORDER BY list_position(numbers, attnum))
    FROM pg_internal.pg_attribute WHERE attrelid = relation AND list_contains(numbers, attnum));
CREATE MACRO pg_internal.pg_get_constraintdef(o) AS (
    SELECT CASE k.contype
        WHEN 'p' THEN 'PRIMARY KEY (' || pg_internal.constraint_columns(k.conrelid, k.conkey) || ')'
        WHEN 'u' THEN 'UNIQUE (' || pg_internal.constraint_columns(k.conrelid, k.conkey) || ')'
        ELSE 'FOREIGN KEY (' || pg_internal.constraint_columns(k.conrelid, k.conkey) || ') REFERENCES '
            || CASE WHEN list_contains(getvariable('session').search_path, n.nspname) THEN '' ELSE pg_internal.quote_ident(n.nspname) || '.' END
            || pg_internal.quote_ident(r.relname) || '(' || pg_internal.constraint_columns(k.confrelid, k.confkey) || ')' END
    FROM pg_internal.pg_constraint k
    LEFT JOIN pg_internal.pg_class r ON r.oid = k.confrelid
    LEFT JOIN pg_internal.pg_namespace n ON n.oid = r.relnamespace
    WHERE k.oid = o::UINTEGER);
CREATE MACRO pg_internal.pg_get_userbyid(id) AS (SELECT usename FROM pg_internal.pg_user WHERE usesysid = id);
CREATE MACRO pg_internal.pg_get_viewdef(o) AS (SELECT definition FROM pg_internal.layout WHERE relid = o::UINTEGER);
CREATE MACRO pg_internal.pg_table_is_visible(o) AS (
    SELECT list_contains(getvariable('session').search_path, n.nspname) FROM pg_internal.pg_class c
    JOIN pg_internal.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = o::UINTEGER);
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

-- The catalog as Redshift has it: real tables, written by the DDL in the
-- transaction of the DDL. Columns that nothing here fills keep their default.

CREATE TABLE pg_internal.pg_namespace (oid UINTEGER, nspname VARCHAR, nspowner INTEGER DEFAULT 100, nspacl VARCHAR);

CREATE TABLE pg_internal.pg_class (
    oid UINTEGER, relname VARCHAR, relnamespace UINTEGER, reltype UINTEGER DEFAULT 0, relowner INTEGER DEFAULT 100,
    relam UINTEGER DEFAULT 0, relfilenode UINTEGER DEFAULT 0, reltablespace UINTEGER DEFAULT 0, relpages INTEGER DEFAULT 0,
    reltuples FLOAT DEFAULT 0, reltoastrelid UINTEGER DEFAULT 0, reltoastidxid UINTEGER DEFAULT 0,
    relhasindex BOOLEAN DEFAULT false, relisshared BOOLEAN DEFAULT false, relkind VARCHAR, relnatts SMALLINT,
    relexternid INTEGER DEFAULT 0, relisreplicated BOOLEAN DEFAULT false, relispinned BOOLEAN DEFAULT false,
    reldiststyle SMALLINT DEFAULT 0, relprojbaseid UINTEGER DEFAULT 0, relchecks SMALLINT DEFAULT 0,
    reltriggers SMALLINT DEFAULT 0, relukeys SMALLINT DEFAULT 0, relfkeys SMALLINT DEFAULT 0, relrefs SMALLINT DEFAULT 0,
    relhasoids BOOLEAN DEFAULT false, relhaspkey BOOLEAN DEFAULT false, relhasrules BOOLEAN DEFAULT false,
    relhassubclass BOOLEAN DEFAULT false, relacl VARCHAR);

-- What CREATE TABLE said and pg_class does not keep.
CREATE TABLE pg_internal.layout (
    relid UINTEGER, encode_auto BOOLEAN, sort_auto BOOLEAN, created TIMESTAMP, risk_event VARCHAR, definition VARCHAR);

CREATE TABLE pg_internal.pg_attribute (
    attrelid UINTEGER, attname VARCHAR, atttypid UINTEGER, attstattarget INTEGER DEFAULT -1, attlen SMALLINT,
    attnum SMALLINT, attndims INTEGER DEFAULT 0, attcacheoff INTEGER DEFAULT -1, atttypmod INTEGER,
    attbyval BOOLEAN DEFAULT false, attstorage VARCHAR DEFAULT 'p', attalign VARCHAR DEFAULT 'i',
    attnotnull BOOLEAN, atthasdef BOOLEAN, attisdropped BOOLEAN DEFAULT false, attislocal BOOLEAN DEFAULT true,
    attinhcount INTEGER DEFAULT 0, attisdistkey BOOLEAN DEFAULT false, attispreloaded BOOLEAN DEFAULT false,
    attsortkeyord SMALLINT DEFAULT 0, attencodingtype SMALLINT DEFAULT 0, attencrypttype SMALLINT DEFAULT 0);

-- The seeds of IDENTITY columns; their counters are sequences.
CREATE TABLE pg_internal.identity_columns (relid UINTEGER, attnum SMALLINT, seed BIGINT, step BIGINT, by_default BOOLEAN);

-- Which relations a view reads.
CREATE TABLE pg_internal.view_relations (viewid UINTEGER, relid UINTEGER);

CREATE TABLE pg_internal.pg_attrdef (oid UINTEGER, adrelid UINTEGER, adnum SMALLINT, adbin VARCHAR, adsrc VARCHAR);

CREATE TABLE pg_internal.pg_constraint (
    oid UINTEGER, conname VARCHAR, connamespace UINTEGER, contype VARCHAR, condeferrable BOOLEAN DEFAULT false,
    condeferred BOOLEAN DEFAULT false, conrelid UINTEGER, contypid UINTEGER DEFAULT 0, confrelid UINTEGER DEFAULT 0,
    confupdtype VARCHAR DEFAULT ' ', confdeltype VARCHAR DEFAULT ' ', confmatchtype VARCHAR DEFAULT ' ',
    conkey SMALLINT[], confkey SMALLINT[], conbin VARCHAR, consrc VARCHAR);

CREATE TABLE pg_internal.pg_description (objoid UINTEGER, classoid UINTEGER, objsubid INTEGER, description VARCHAR);

CREATE TABLE pg_internal.pg_type (oid UINTEGER, typname VARCHAR, typnamespace UINTEGER DEFAULT 11, typlen SMALLINT, typtype VARCHAR DEFAULT 'b');
INSERT INTO pg_internal.pg_type (oid, typname, typlen) VALUES
    (16, 'bool', 1), (20, 'int8', 8), (21, 'int2', 2), (23, 'int4', 4), (25, 'text', -1), (26, 'oid', 4), (700, 'float4', 4),
    (701, 'float8', 8), (1042, 'bpchar', -1), (1043, 'varchar', -1), (1082, 'date', 4), (1083, 'time', 8),
    (1114, 'timestamp', 8), (1184, 'timestamptz', 8), (1188, 'intervaly2m', 4), (1190, 'intervald2s', 8),
    (1266, 'timetz', 12), (1700, 'numeric', -1), (2935, 'hllsketch', -1), (3000, 'geometry', -1), (3001, 'geography', -1),
    (4000, 'super', -1), (6551, 'varbyte', -1);

CREATE TABLE pg_internal.pg_user (
    usename VARCHAR, usesysid INTEGER, usecreatedb BOOLEAN, usesuper BOOLEAN, usecatupd BOOLEAN, passwd VARCHAR,
    valuntil TIMESTAMP, useconfig VARCHAR);

CREATE TABLE pg_internal.pg_database (
    oid UINTEGER, datname VARCHAR, datdba INTEGER DEFAULT 100, encoding INTEGER DEFAULT 6, datistemplate BOOLEAN DEFAULT false,
    datallowconn BOOLEAN DEFAULT true);

CREATE TABLE pg_internal.pg_conf (key VARCHAR, value VARCHAR);

INSERT INTO pg_internal.pg_namespace (oid, nspname, nspowner) VALUES
    (11, 'pg_catalog', 1), (99, 'pg_toast', 1), (2200, 'public', 1), (10000, 'information_schema', 1);
INSERT INTO pg_internal.pg_user VALUES ('rdsdb', 1, true, true, true, '********', NULL, NULL);

package ddl

// The queries of a reader. Numbers are cast to types that every wire carries;
// texts that may be long are cast to the widest varchar, because the warehouse
// may clip the text of a definition to less. %s is the condition on n.nspname.
// The numbers 1259 and 2615 are those of pg_class and pg_namespace in every
// PostgreSQL.
const (
	schemasSQL = `
SELECT n.nspname, COALESCE(d.description::varchar(65535), '')
FROM pg_namespace n
LEFT JOIN pg_description d ON d.objoid = n.oid AND d.classoid = 2615 AND d.objsubid = 0
ORDER BY n.nspname`

	relationsSQL = `
SELECT c.oid::bigint, n.nspname, c.relname, c.relkind, c.reldiststyle::int
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE %s
ORDER BY n.nspname, c.relname`

	columnsSQL = `
SELECT a.attrelid::bigint, a.attnum::int, a.attname, format_type(a.atttypid, a.atttypmod),
       a.attnotnull, COALESCE(d.adsrc::varchar(65535), ''), format_encoding(a.attencodingtype::int),
       a.attisdistkey, a.attsortkeyord::int
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE %s AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum`

	// The columns of a key are an array, which not every wire can carry, so each
	// is a row of its own. The last column tells of keys that have more than 32.
	constraintsSQL = `
SELECT k.conrelid::bigint, k.oid::bigint, k.conname, k.contype, a.attname,
       COALESCE(fn.nspname, ''), COALESCE(fc.relname, ''), COALESCE(fa.attname, ''),
       k.conkey[33] IS NOT NULL
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN generate_series(1, 32) pos(i)
JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[pos.i]
LEFT JOIN pg_class fc ON fc.oid = k.confrelid
LEFT JOIN pg_namespace fn ON fn.oid = fc.relnamespace
LEFT JOIN pg_attribute fa ON fa.attrelid = k.confrelid AND fa.attnum = k.confkey[pos.i]
WHERE %s AND k.contype IN ('p', 'u', 'f')
ORDER BY k.conrelid, k.oid, pos.i`

	commentsSQL = `
SELECT d.objoid::bigint, d.objsubid::int, d.description::varchar(65535)
FROM pg_description d
JOIN pg_class c ON c.oid = d.objoid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE %s AND d.classoid = 1259
ORDER BY d.objoid, d.objsubid`

	// A table with BACKUP NO has an entry pg_class_backup_<database>_<table>.
	backupSQL = `
SELECT k.key, d.oid::bigint
FROM pg_conf k
JOIN pg_database d ON d.datname = current_database()
WHERE k.key LIKE 'pg_class_backup_%'`

	tableInfoSQL = `
SELECT n.table_id::bigint, COALESCE(n.sortkey1, ''), COALESCE(n.encoded, '')
FROM svv_table_info n
WHERE n."schema" IN (%s)`
)

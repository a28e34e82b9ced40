package ddl

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/redferry/redferry/exec"
)

func (rd *reader) readColumns(ctx context.Context) error {
	type row struct {
		table int64
		draftColumn
	}
	list, err := query(ctx, rd, "columns", fmt.Sprintf(columnsSQL, rd.inSchemas()), func(rows *exec.Rows) (row, error) {
		var x row
		err := rows.Scan(&x.table, &x.number, &x.Name, &x.Type, &x.NotNull, &x.Default, &x.Encoding, &x.dist, &x.sort)
		return x, err
	})
	for _, x := range list {
		if d := rd.drafts[x.table]; d != nil {
			d.columns = append(d.columns, x.draftColumn)
		}
	}
	return err
}

func (rd *reader) readConstraints(ctx context.Context) error {
	type row struct {
		table int64
		draftKey
		column, refColumn string
		more              bool
	}
	list, err := query(ctx, rd, "constraints", fmt.Sprintf(constraintsSQL, rd.inSchemas()), func(rows *exec.Rows) (row, error) {
		var x row
		err := rows.Scan(&x.table, &x.number, &x.Name, &x.kind, &x.column, &x.RefTable.Schema, &x.RefTable.Name, &x.refColumn, &x.more)
		return x, err
	})
	for _, x := range list {
		d := rd.drafts[x.table]
		if d == nil {
			continue
		}
		if x.more {
			return fmt.Errorf("table %s: its constraint %q has more than 32 columns, which cannot be read", d.Name, x.Name)
		}
		k := d.key(x.draftKey)
		k.Columns = append(k.Columns, x.column)
		k.RefColumns = append(k.RefColumns, x.refColumn)
	}
	return err
}

func (rd *reader) readComments(ctx context.Context) error {
	type row struct {
		table  int64
		number int
		text   string
	}
	list, err := query(ctx, rd, "comments", fmt.Sprintf(commentsSQL, rd.inSchemas()), func(rows *exec.Rows) (row, error) {
		var x row
		err := rows.Scan(&x.table, &x.number, &x.text)
		return x, err
	})
	for _, x := range list {
		if d := rd.drafts[x.table]; d != nil {
			d.comment(x.number, x.text)
		}
	}
	return err
}

// readBackup finds the tables with BACKUP NO. That it may not is no error.
func (rd *reader) readBackup(ctx context.Context) error {
	type row struct {
		key      string
		database int64
	}
	list, err := query(ctx, rd, "backup settings", backupSQL, func(rows *exec.Rows) (row, error) {
		var x row
		err := rows.Scan(&x.key, &x.database)
		return x, err
	})
	if err != nil {
		return rd.unknown(ctx, err, PropertyBackup)
	}
	for _, x := range list {
		number, ok := strings.CutPrefix(x.key, fmt.Sprintf("pg_class_backup_%d_", x.database))
		if !ok {
			continue
		}
		if table, err := strconv.ParseInt(number, 10, 64); err == nil && rd.drafts[table] != nil {
			rd.drafts[table].NoBackup = true
		}
	}
	return nil
}

// readTableInfo finds the tables whose sort key or encodings are the
// warehouse's choice. That it may not is no error; empty tables are not told of.
func (rd *reader) readTableInfo(ctx context.Context) error {
	type row struct {
		table         int64
		sort, encoded string
	}
	schemas := strings.TrimPrefix(rd.inSchemas(), "n.nspname IN (")
	sql := fmt.Sprintf(tableInfoSQL, strings.TrimSuffix(schemas, ")"))
	list, err := query(ctx, rd, "table settings", sql, func(rows *exec.Rows) (row, error) {
		var x row
		err := rows.Scan(&x.table, &x.sort, &x.encoded)
		return x, err
	})
	if err != nil {
		return rd.unknown(ctx, err, PropertySortAuto, PropertyEncodeAuto)
	}
	told := make(map[int64]bool)
	for _, x := range list {
		if d := rd.drafts[x.table]; d != nil {
			told[x.table] = true
			d.Sort.Auto = strings.HasPrefix(x.sort, "AUTO")
			d.EncodeAuto = strings.Contains(x.encoded, "AUTO")
		}
	}
	for number, d := range rd.drafts {
		if told[number] {
			continue
		}
		d.unknown(PropertyEncodeAuto)
		if !d.sorted() {
			d.unknown(PropertySortAuto)
		}
	}
	return nil
}

// unknown marks properties of all tables as unknown if the warehouse refused to
// tell; any other err is returned.
func (rd *reader) unknown(ctx context.Context, err error, properties ...Property) error {
	if !refused(ctx, err) {
		return err
	}
	for _, d := range rd.drafts {
		d.unknown(properties...)
	}
	return nil
}

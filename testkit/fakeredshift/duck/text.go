//go:build cgo

package duck

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// writeText writes rows as CSV or delimited text.
func (u *unloading) writeText(ctx context.Context, path string, first, last int64) (err error) {
	if u.cmd.Compression != "" && u.cmd.Compression != "gzip" {
		return refuse(stateNotSupported, "UNLOAD with %s is not supported by the fake warehouse", strings.ToUpper(u.cmd.Compression))
	}
	cursor, err := u.on.query(ctx, fmt.Sprintf("SELECT * FROM %s LIMIT %d OFFSET %d", u.table, last-first, first))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cursor.close()) }()
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if u.cmd.Compression == "" {
		return u.lines(file, cursor)
	}
	zipped := gzip.NewWriter(file)
	return errors.Join(u.lines(zipped, cursor), zipped.Close())
}

func (u *unloading) lines(file io.Writer, cursor *cursor) error {
	out := bufio.NewWriter(file)
	line := func(fields []string) error {
		_, err := out.WriteString(strings.Join(fields, u.cmd.Delimiter) + "\n")
		return err
	}
	fields := make([]string, len(u.columns))
	if u.cmd.Header {
		for i, column := range u.columns {
			fields[i] = textField(u.cmd, column.Name)
		}
		if err := line(fields); err != nil {
			return err
		}
	}
	for {
		values, err := cursor.next()
		if errors.Is(err, io.EOF) {
			return out.Flush()
		}
		if err != nil {
			return err
		}
		for i, v := range values {
			if fields[i] = u.cmd.Null; v != nil {
				fields[i] = textField(u.cmd, string(encode(v, u.columns[i].Type)))
			}
		}
		if err := line(fields); err != nil {
			return err
		}
	}
}

// textField writes one value that is not NULL.
func textField(cmd *rsql.Unload, s string) string {
	switch {
	case cmd.Format == rsql.CSV:
		if strings.Contains(s, cmd.Delimiter) || strings.ContainsAny(s, "\"\r\n") || s == cmd.Null {
			return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
		}
		return s
	case cmd.Escape:
		s = strings.NewReplacer(`\`, `\\`, "\n", "\\\n", "\r", "\\\r", cmd.Delimiter, `\`+cmd.Delimiter, `"`, `\"`, `'`, `\'`).Replace(s)
	}
	if cmd.AddQuotes {
		return `"` + s + `"`
	}
	return s
}

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
	"slices"
	"strings"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
	"github.com/redferry/redferry/testkit/fakeredshift/stage"
)

// Redshift's numbers for what goes wrong in a COPY of text.
// Source: Database Developer Guide, "Load error reference".
const (
	codeNull         = 8007
	codeExtraColumns = 1202
	codeDelimiter    = 1214 // "Delimiter not found"
	codeQuote        = 1219
)

// loadText loads one file of CSV or delimited text. Its fields go through a CSV
// of our own, in which NULL and the empty text are told apart.
func (l *loading) loadText(ctx context.Context, path string) (int64, error) {
	if l.cmd.MaxError > 0 || l.cmd.Compression != "" && l.cmd.Compression != "gzip" {
		return 0, refuse(stateNotSupported, "COPY with MAXERROR, BZIP2, LZOP or ZSTD is not supported by the fake warehouse")
	}
	clean := path + ".clean"
	if err := l.clean(path, clean); err != nil {
		return 0, l.failed(err)
	}
	kinds := make([]string, len(l.columns))
	for i := range kinds {
		kinds[i] = fmt.Sprintf("'c%d': 'VARCHAR'", i)
	}
	source := fmt.Sprintf("read_csv(%s, auto_detect = false, header = false, delim = ',', quote = '\"', escape = '\"', new_line = '\\n', "+
		"nullstr = '', allow_quoted_nulls = false, max_line_size = 16777216, columns = {%s})", quote(clean), strings.Join(kinds, ", "))
	n, err := l.insert(ctx, source, len(l.columns), func(a attribute, name string) string {
		return l.textValue(a, name)
	})
	return n, l.failed(err)
}

// failed hides what is wrong with the data, as Redshift does: the client is sent
// to the system tables, where the reason stands.
func (l *loading) failed(err error) error {
	var e *fakeredshift.Error
	if !errors.As(err, &e) {
		return err
	}
	reason := *e
	switch {
	case e.SQLState == stateTooLong:
		reason.Code, reason.Message = 1204, "String length exceeds DDL length"
	case e.SQLState == stateBadText:
		reason.Code = 1207
	case e.SQLState == stateBadDate:
		reason.Code = 1206
	case e.SQLState == stateOutOfRange:
		reason.Code = 1216
	case e.Code == codeNull:
		reason.Code, reason.Message = 1213, "Missing data for not-null field"
	case e.Code != codeExtraColumns && e.Code != codeDelimiter && e.Code != codeQuote:
		return err
	}
	l.reason = &reason
	return refuse(stateInternal, "Load into table '%s' failed.  Check 'sys_load_error_detail' system table for details.", l.table.name)
}

// textValue is the SQL for one field.
func (l *loading) textValue(a attribute, name string) string {
	switch a.typ.OID {
	case rsql.Varchar:
		if l.cmd.TruncateColumns {
			return fmt.Sprintf("pg_cut(%s, %d)", name, rsql.Length(a.typ))
		}
	case rsql.Bpchar, rsql.Super:
	case rsql.Varbyte:
		return "unhex(" + name + ")"
	default:
		name = "nullif(trim(" + name + "), '')"
	}
	return assigned(a.typ, name)
}

// clean reads a file field by field and writes what the options make of it.
func (l *loading) clean(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	var text io.Reader = in
	if l.cmd.Compression == "gzip" {
		if text, err = gzip.NewReader(in); err != nil {
			return stage.Failure(codeExtraColumns, "The file is not compressed with GZIP", l.file)
		}
	}
	fields := &fieldReader{in: bufio.NewReader(text), cmd: l.cmd}
	w := bufio.NewWriter(out)
	for l.line = 1; ; l.line++ {
		record, err := fields.next()
		if errors.Is(err, io.EOF) {
			l.line = 0
			return w.Flush()
		}
		if err != nil {
			return stage.Failure(codeQuote, "Invalid quote formatting for CSV", l.file)
		}
		if l.line <= int64(l.cmd.IgnoreHeader) || l.cmd.IgnoreBlankLines && len(record) == 1 && record[0].text == "" {
			continue
		}
		if err := l.record(w, record); err != nil {
			return err
		}
	}
}

func (l *loading) record(w *bufio.Writer, record []textValue) error {
	switch n := len(record); {
	case n > len(l.columns):
		return stage.Failure(codeExtraColumns, "Extra column(s) found", l.file)
	case n < len(l.columns) && !l.cmd.FillRecord:
		return stage.Failure(codeDelimiter, "Delimiter not found", l.file)
	}
	fields := make([]string, len(l.columns))
	for i := range l.columns {
		if i >= len(record) || l.isNull(l.columns[i], record[i]) {
			continue
		}
		text := record[i].text
		if l.cmd.TrimBlanks {
			text = strings.TrimRight(text, " ")
		}
		fields[i] = `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
	}
	_, err := w.WriteString(strings.Join(fields, ",") + "\n")
	return err
}

// isNull reports whether a field is NULL in a column. NULL AS wins, quoted or not.
func (l *loading) isNull(a attribute, v textValue) bool {
	text := slices.Contains([]uint32{rsql.Varchar, rsql.Bpchar}, a.typ.OID)
	switch {
	case v.raw == l.cmd.NullAs && !v.quoted:
		return true
	case v.text == "":
		return l.cmd.EmptyAsNull && text || !text
	case strings.Trim(v.text, " \t") == "":
		return l.cmd.BlanksAsNull && text
	}
	return false
}

// A textValue is one field of a line.
type textValue struct {
	text   string
	raw    string // with its escapes
	quoted bool
}

// errQuote is a quote that nothing closes.
var errQuote = errors.New("duck: a quote is not closed")

// A fieldReader reads records of CSV or delimited text.
type fieldReader struct {
	in  *bufio.Reader
	cmd *rsql.Copy
}

// next reads one record, or returns io.EOF.
func (r *fieldReader) next() ([]textValue, error) {
	if _, err := r.in.Peek(1); err != nil {
		return nil, io.EOF
	}
	var record []textValue
	for {
		v, more, err := r.field()
		if err != nil {
			return nil, err
		}
		record = append(record, v)
		if !more {
			return record, nil
		}
	}
}

// field reads up to the delimiter or the end of the line, and reports which.
func (r *fieldReader) field() (v textValue, more bool, err error) {
	var text, raw strings.Builder
	done := func() textValue { return textValue{text.String(), raw.String(), v.quoted} }
	mark, quotes := byte(0), r.cmd.Format == rsql.CSV || r.cmd.RemoveQuotes
	for {
		c, err := r.in.ReadByte()
		switch {
		case err != nil && mark != 0 && r.cmd.Format == rsql.CSV:
			return v, false, errQuote
		case err != nil:
			return done(), false, nil
		case c == '\\' && r.cmd.Escape:
			raw.WriteByte(c)
			if c, err = r.in.ReadByte(); err == nil {
				text.WriteByte(c)
			}
		case mark != 0 && c == mark:
			if !r.doubled(mark) {
				mark = 0
				continue
			}
			text.WriteByte(c)
		case mark != 0:
			text.WriteByte(c)
		case quotes && text.Len() == 0 && !v.quoted && r.isQuote(c):
			mark, v.quoted = c, true
		case r.isDelimiter(c):
			return done(), true, nil
		case c == '\n':
			v := done()
			if !v.quoted && !(r.cmd.Escape && strings.HasSuffix(v.raw, "\\\r")) {
				v.text, v.raw = strings.TrimSuffix(v.text, "\r"), strings.TrimSuffix(v.raw, "\r")
			}
			return v, false, nil
		default:
			text.WriteByte(c)
		}
		if err == nil {
			raw.WriteByte(c)
		}
	}
}

// doubled takes the second of two quotes, which stand for one.
func (r *fieldReader) doubled(mark byte) bool {
	next, _ := r.in.Peek(1)
	if len(next) == 0 || next[0] != mark || r.cmd.Format != rsql.CSV {
		return false
	}
	_, _ = r.in.Discard(1)
	return true
}

// isDelimiter takes the rest of a delimiter that begins with c.
func (r *fieldReader) isDelimiter(c byte) bool {
	rest := r.cmd.Delimiter[1:]
	if c != r.cmd.Delimiter[0] {
		return false
	}
	if next, _ := r.in.Peek(len(rest)); string(next) != rest {
		return false
	}
	_, _ = r.in.Discard(len(rest))
	return true
}

func (r *fieldReader) isQuote(c byte) bool {
	if r.cmd.Format == rsql.CSV {
		return c == r.cmd.Quote[0]
	}
	return c == '"' || c == '\''
}

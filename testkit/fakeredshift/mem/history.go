package mem

import (
	"math/big"
	"strings"
	"time"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/query"
)

// A history is what has happened in the warehouse: rows of the SYS relations,
// which no rollback takes away.
type history struct {
	queries                []queryNote
	loads, errors, unloads [][]query.Value
}

// A queryNote is a statement that has ended.
type queryNote struct {
	id         int64
	pid        int32
	database   string
	label, sql string
	start, end time.Time
	kind       string
	status     string
	message    string
	rows       int64
}

var (
	queryHistoryFields = fieldsOf("user_id int4", "query_id int8", "query_label", "transaction_id int8", "session_id int4", "database_name",
		"query_type", "status", "result_cache_hit bool", "start_time timestamp", "end_time timestamp", "elapsed_time int8",
		"queue_time int8", "execution_time int8", "error_message", "returned_rows int8", "returned_bytes int8", "query_text",
		"redshift_version")
	loadHistoryFields = fieldsOf("user_id int4", "query_id int8", "transaction_id int8", "session_id int4", "database_name", "status",
		"table_name", "start_time timestamp", "end_time timestamp", "duration int8", "data_source", "file_format", "loaded_rows int8",
		"loaded_bytes int8", "source_file_count int4", "source_file_bytes int8", "file_count_scanned int4", "file_bytes_scanned int8",
		"error_count int8", "copy_job_id int8")
	loadErrorFields = fieldsOf("user_id int4", "query_id int8", "transaction_id int8", "session_id int4", "database_name", "table_id int4",
		"start_time timestamp", "file_name", "line_number int8", "column_name", "column_type", "column_length", "position int4",
		"error_code int4", "error_message")
	oldLoadErrorFields = fieldsOf("userid int4", "slice int4", "tbl int4", "starttime timestamp", "session int4", "query int8", "filename",
		"line_number int8", "colname", "type", "col_length", "position int4", "raw_line", "raw_field_value", "err_code int4", "err_reason",
		"is_partial int4", "start_offset int4", "copy_job_id int8")
	unloadHistoryFields = fieldsOf("user_id int4", "query_id int8", "transaction_id int8", "session_id int4", "database_name", "status",
		"start_time timestamp", "end_time timestamp", "duration int8", "file_format", "compression_type", "unloaded_location",
		"unloaded_rows int8", "unloaded_files_count int8", "unloaded_files_size int8", "error_message")
)

// noteQuery notes a statement that has ended.
func (e *Engine) noteQuery(c *conn, sql string, start time.Time, result *fakeredshift.Result, err error) {
	n := queryNote{
		id: c.queryID, pid: c.session.PID, database: c.session.Database, label: c.setting("query_group"), sql: sql,
		start: start, end: now(), kind: "OTHER", status: "success",
	}
	switch {
	case hasState(err, stateCanceled):
		n.status, n.message = "canceled", err.Error()
	case err != nil:
		n.status, n.message = "failed", strings.TrimPrefix(err.Error(), "ERROR: ")
	default:
		n.kind, _, _ = strings.Cut(result.Tag, " ")
		n.rows = max(result.RowsAffected, 0)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.history.queries = append(e.history.queries, n)
}

// note adds a row to one of the lists of the history.
func (e *Engine) note(list *[][]query.Value, values ...query.Value) {
	e.mu.Lock()
	defer e.mu.Unlock()
	*list = append(*list, values)
}

func queryHistory(c *conn, _ sight) [][]query.Value {
	var rows [][]query.Value
	for _, n := range c.engine.history.queries {
		micros := n.end.Sub(n.start).Microseconds()
		rows = append(rows, []query.Value{
			int64(ownerID), n.id, n.label, n.id, int64(n.pid), n.database,
			n.kind, n.status, false, n.start, n.end, micros,
			zero, micros, n.message, n.rows, zero, n.sql, "1.0.12345",
		})
	}
	return rows
}

func loadHistory(c *conn, _ sight) [][]query.Value   { return c.engine.history.loads }
func loadErrors(c *conn, _ sight) [][]query.Value    { return c.engine.history.errors }
func unloadHistory(c *conn, _ sight) [][]query.Value { return c.engine.history.unloads }

// oldLoadErrors is STL_LOAD_ERRORS.
func oldLoadErrors(c *conn, _ sight) [][]query.Value {
	var rows [][]query.Value
	for _, e := range c.engine.history.errors {
		rows = append(rows, []query.Value{
			e[0], zero, e[5], e[6], e[3], e[1], e[7],
			e[8], e[9], e[10], e[11], e[12], "", "", e[13], e[14],
			zero, zero, zero,
		})
	}
	return rows
}

func decimalOf(n int64, scale int) query.Value {
	return query.NewNumeric(new(big.Int).Mul(big.NewInt(n), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)), scale)
}

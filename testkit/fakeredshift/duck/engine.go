//go:build cgo

package duck

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	duckdb "github.com/duckdb/duckdb-go/v2"

	"github.com/redferry/redferry/testkit/fakeredshift"
)

// An Engine is a database behind a fake warehouse. It is safe for concurrent
// use; inside of testing/synctest it must be made in the bubble that uses it.
type Engine struct {
	opts      Options
	dir       string // of the engine alone
	connector *duckdb.Connector
	locks     *locks
	// system are the relations of the hidden schemas, by schema and name.
	system  map[string]map[string]bool
	oid     atomic.Uint32 // the last one given away
	queryID atomic.Int64
	scratch atomic.Int64 // counts directories

	catalog atomic.Int64 // counts the commits that changed the catalog

	setup   sync.Mutex // guards what follows
	admin   *link
	queries []string // rows of SYS_QUERY_HISTORY that are not written yet
	closing sync.Once
}

var _ fakeredshift.Engine = (*Engine)(nil)

// The SQL that makes the catalog.
var (
	//go:embed sql/catalog.sql
	catalogSQL string
	//go:embed sql/functions.sql
	functionsSQL string
	//go:embed sql/views.sql
	viewsSQL string
	//go:embed sql/history.sql
	historySQL string
)

// Ids of objects and of queries count up from here.
const (
	firstOID   = 100_000
	firstQuery = 1_000
)

// New makes an empty database. Nil opts are the defaults. The caller closes it.
func New(opts *Options) (*Engine, error) {
	e := &Engine{opts: opts.withDefaults(), locks: newLocks()}
	e.oid.Store(firstOID)
	e.queryID.Store(firstQuery)
	dir, err := os.MkdirTemp(e.opts.Dir, "fakeredshift-")
	if err != nil {
		return nil, fmt.Errorf("duck: directory of the engine: %w", err)
	}
	e.dir = dir
	if err := e.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("duck: open the database: %w", err), e.Close())
	}
	return e, nil
}

func (e *Engine) open() error {
	file := ""
	if e.opts.OnDisk {
		file = filepath.Join(e.dir, database+".duckdb")
	}
	connector, err := duckdb.NewConnector(fmt.Sprintf("%s?threads=%d", file, e.opts.Threads), nil)
	if err != nil {
		return err
	}
	e.connector = connector
	ctx := context.Background()
	conn, err := connector.Connect(ctx)
	if err != nil {
		return err
	}
	e.admin = &link{conn: conn.(*duckdb.Conn)}
	for _, script := range []string{e.settings(), (&briefing{}).sql(), catalogSQL, functionsSQL, decodeMacro(), viewsSQL, historySQL} {
		if _, err := e.admin.exec(ctx, script); err != nil {
			return err
		}
	}
	return e.listSystem(ctx)
}

// settings closes the database off from the machine, but for the engine's own
// directory, and gives it Redshift's ways.
func (e *Engine) settings() string {
	return strings.Join([]string{
		"SET allowed_directories = [" + quote(e.dir) + "]",
		"SET temp_directory = " + quote(e.dir),
		fmt.Sprintf("SET memory_limit = '%dMiB'", max(e.opts.Memory>>20, 1)),
		"SET autoinstall_known_extensions = false",
		"SET autoload_known_extensions = false",
		"SET enable_external_access = false",
		"SET GLOBAL integer_division = true",
		"SET GLOBAL default_null_order = 'nulls_last_on_asc_first_on_desc'",
		"SET GLOBAL TimeZone = 'UTC'",
		"CREATE SCHEMA " + hidden,
		"CREATE SCHEMA " + hiddenInformation,
		"CREATE SCHEMA public",
	}, ";\n")
}

func (e *Engine) listSystem(ctx context.Context) error {
	rows, err := e.admin.rows(ctx, "SELECT table_schema, table_name FROM information_schema.tables")
	if err != nil {
		return err
	}
	e.system = map[string]map[string]bool{hidden: {}, hiddenInformation: {}}
	for _, row := range rows {
		schema, name := fmt.Sprint(row[0]), fmt.Sprint(row[1])
		if names, ok := e.system[schema]; ok && !strings.HasPrefix(name, "macro_") {
			names[name] = true
		}
	}
	for _, private := range []string{"layout", "identity_columns", "user_columns", "view_relations"} {
		delete(e.system[hidden], private)
	}
	return nil
}

// decodeMacro is DECODE(x, a, 1, b, 2, ..., other), for which NULL equals NULL.
func decodeMacro() string {
	const mostPairs = 12
	var forms []string
	for pairs := 1; pairs <= mostPairs; pairs++ {
		args, cases := "x", ""
		for i := range pairs {
			args += fmt.Sprintf(", s%d, r%d", i, i)
			cases += fmt.Sprintf(" WHEN x IS NOT DISTINCT FROM s%d THEN r%d", i, i)
		}
		forms = append(forms,
			fmt.Sprintf("(%s) AS CASE%s END", args, cases),
			fmt.Sprintf("(%s, other) AS CASE%s ELSE other END", args, cases))
	}
	return "CREATE MACRO " + hidden + ".decode" + strings.Join(forms, ", ")
}

// Close releases the database and removes the engine's directory. All sessions
// must be closed before.
func (e *Engine) Close() error {
	var err error
	e.closing.Do(func() {
		if e.admin != nil {
			err = e.admin.close()
		}
		if e.connector != nil {
			err = errors.Join(err, e.connector.Close())
		}
		err = errors.Join(err, os.RemoveAll(e.dir))
	})
	return err
}

// newDir makes a directory for the files of one statement; the caller removes it.
func (e *Engine) newDir() (string, error) {
	dir := filepath.Join(e.dir, fmt.Sprintf("statement-%d", e.scratch.Add(1)))
	return dir, os.Mkdir(dir, 0o700)
}

package unload

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/internal/remedy"
)

// A Reader reads small objects of the bucket that UNLOAD writes to;
// bridge.Bridge is one.
type Reader interface {
	ReadSource(ctx context.Context, src redferry.URI, limit int64) ([]byte, error)
}

// maxManifest bounds what is read as a manifest, in bytes: 100,000 files with
// the longest keys, and a column list of 1,600 columns, stay below it.
const maxManifest = 256 << 20

// A Result is what one UNLOAD wrote.
type Result struct {
	exec.Result
	// Rows is the number of rows, as the warehouse counted them.
	Rows int64
	// Manifest lists the files. It is empty, with Rows 0, when there was nothing
	// to unload: then UNLOAD writes neither files nor a manifest.
	Manifest *redferry.Manifest
	// URI is where the manifest lies; the zero URI if there is none.
	URI redferry.URI
}

// ErrIncomplete is wrapped by the error for an UNLOAD whose manifest does not
// account for the rows that the warehouse unloaded.
var ErrIncomplete = errors.New("the manifest does not account for all rows")

// Run unloads and reads the manifest back through files. It holds one session of
// e, because pg_last_unload_count belongs to a session. An error whose outcome
// is unknown (exec.OutcomeUnknown) leaves files under c.To; unload again under
// a new prefix.
func Run(ctx context.Context, e exec.Executor, files Reader, c *Command) (*Result, error) {
	sql, err := c.SQL()
	if err != nil {
		return nil, err
	}
	result, err := c.run(ctx, e, sql)
	if err != nil {
		return nil, fmt.Errorf("unload: %s to %s: %w", c.subject(), c.To, err)
	}
	if err := c.readManifest(ctx, files, result); err != nil {
		return nil, fmt.Errorf("unload: %s: %w", c.subject(), err)
	}
	return result, nil
}

func (c *Command) run(ctx context.Context, e exec.Executor, sql string) (*Result, error) {
	session, err := exec.OpenSession(ctx, e)
	if err != nil {
		return nil, err
	}
	defer func() { _ = session.Close() }() // what was counted stays counted
	done, err := session.Exec(ctx, exec.Statement{SQL: sql, Label: "unload " + c.subject(), Expect: c.Expect})
	if err != nil {
		return nil, remedy.Transfer{Role: c.Role, Place: c.To, Actions: "s3:PutObject, s3:GetObject and s3:ListBucket"}.Wrap(err)
	}
	rows, err := session.Query(ctx, exec.Statement{SQL: "SELECT pg_last_unload_count()", Label: "count of unload " + c.subject()})
	if err != nil {
		return nil, err
	}
	count, err := exec.Scalar[int64](rows)
	if err != nil {
		return nil, err
	}
	return &Result{Result: done, Rows: count, Manifest: new(redferry.Manifest)}, nil
}

// readManifest completes result. Nothing is read after an UNLOAD of no rows:
// there is no manifest, and a key without the right to list would be refused
// instead of told so.
func (c *Command) readManifest(ctx context.Context, files Reader, result *Result) error {
	if result.Rows == 0 {
		return nil
	}
	uri := c.Manifest()
	data, err := files.ReadSource(ctx, uri, maxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %d rows were unloaded, but there is no %s: %w", ErrIncomplete, result.Rows, uri, err)
	}
	if err != nil {
		return fmt.Errorf("manifest: %w", err)
	}
	manifest, err := redferry.ParseManifest(data)
	if err != nil {
		return fmt.Errorf("%s: %w", uri, err)
	}
	if err := c.checkManifest(manifest, result.Rows); err != nil {
		return fmt.Errorf("%s: %w", uri, err)
	}
	result.Manifest, result.URI = manifest, uri
	return nil
}

func (c *Command) checkManifest(m *redferry.Manifest, rows int64) error {
	for _, entry := range m.Entries {
		if _, ok := entry.URL.Rebase(c.To, c.To); !ok {
			return fmt.Errorf("%w: %s does not lie under %s", redferry.ErrManifest, entry.URL, c.To)
		}
		if entry.Size < 0 || entry.Rows < 0 {
			return fmt.Errorf("%w: %s stands in it without its size or its rows", redferry.ErrManifest, entry.URL)
		}
	}
	if m.Rows != rows {
		return fmt.Errorf("%w: it says %d, the warehouse %d", ErrIncomplete, m.Rows, rows)
	}
	return nil
}

package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/exectest"
	"github.com/redferry/redferry/pipeline"
)

// A cloner plans as Redshift's does, over a catalog that is given. It makes what
// a test says.
type cloner struct {
	*ddl.Redshift
	catalog ddl.Catalog
	inspect error
	apply   func(context.Context, *ddl.Plan, *ddl.ApplyOptions) (*ddl.Applied, error)
}

func (c *cloner) Inspect(context.Context, exec.Executor, ddl.Selector) (*ddl.Catalog, error) {
	return &c.catalog, c.inspect
}

func (c *cloner) Apply(ctx context.Context, _ exec.Executor, p *ddl.Plan, opts *ddl.ApplyOptions) (*ddl.Applied, error) {
	if c.apply != nil {
		return c.apply(ctx, p, opts)
	}
	return created(p), nil
}

// created is what an Apply returns that made all of a plan.
func created(p *ddl.Plan) *ddl.Applied {
	applied := &ddl.Applied{Steps: make([]ddl.StepResult, len(p.Steps))}
	for i, step := range p.Steps {
		applied.Steps[i] = ddl.StepResult{Step: step, Outcome: ddl.Created}
	}
	return applied
}

// clones returns a cloner of tables named schema.name, with one column each.
func clones(names ...string) *cloner {
	c := &cloner{Redshift: ddl.New(nil)}
	for _, name := range names {
		schema, table, _ := strings.Cut(name, ".")
		if known := slices.ContainsFunc(c.catalog.Schemas, func(s ddl.Schema) bool { return s.Name == schema }); !known {
			c.catalog.Schemas = append(c.catalog.Schemas, ddl.Schema{Name: schema})
		}
		c.catalog.Tables = append(c.catalog.Tables, ddl.Table{
			Name: redferry.Table{Schema: schema, Name: table}, Columns: []ddl.Column{{Name: "id", Type: "bigint"}},
		})
	}
	return c
}

// unloading is a warehouse that unloads n rows of each table, and has nothing
// else to say.
func unloading(n int) *exectest.Executor {
	return exectest.New(func(_ context.Context, s exec.Statement) (*exectest.Answer, error) {
		if strings.Contains(s.SQL, "pg_last_unload_count") {
			return exectest.Table([]string{"pg_last_unload_count int8"}, []exec.Value{int64(n)}), nil
		}
		return nil, nil
	})
}

// A scripted bridge has a manifest for each table, of files with one row each,
// and copies as a test says.
type scripted struct {
	sizes []int64 // of the files, in bytes
	copy  func(jobs []bridge.Job, done func(bridge.Job, *bridge.Result, error) error) error
}

func (*scripted) Copy(context.Context, redferry.URI, bridge.Object) (*bridge.Result, error) {
	return nil, errors.ErrUnsupported
}

func (s *scripted) CopyAll(_ context.Context, jobs iter.Seq2[bridge.Job, error], done func(bridge.Job, *bridge.Result, error) error) error {
	var list []bridge.Job
	for job, err := range jobs {
		if err != nil {
			return err
		}
		list = append(list, job)
	}
	return s.copy(list, done)
}

func (s *scripted) ReadSource(_ context.Context, src redferry.URI, _ int64) ([]byte, error) {
	var entries []string
	var total int64
	for i, size := range s.sizes {
		url := strings.TrimSuffix(src.String(), "manifest") + fmt.Sprintf("%04d_part_00.parquet", i)
		entries = append(entries, fmt.Sprintf(`{"url":%q,"meta":{"content_length":%d,"record_count":1}}`, url, size))
		total += size
	}
	return fmt.Appendf(nil, `{"entries":[%s],"meta":{"content_length":%d,"record_count":%d}}`, strings.Join(entries, ","), total, len(entries)), nil
}

func (*scripted) WriteTarget(context.Context, redferry.URI, []byte) error { return nil }

// proven is the result of a copy of job that went well.
func proven(job bridge.Job) *bridge.Result {
	return &bridge.Result{Size: job.Src.Size, Level: bridge.Stored, Parts: 1}
}

// copyAll copies all of jobs.
func copyAll(jobs []bridge.Job, done func(bridge.Job, *bridge.Result, error) error) error {
	for _, job := range jobs {
		if err := done(job, proven(job), nil); err != nil {
			return err
		}
	}
	return nil
}

// offline moves what c clones between two warehouses that are scripts, as far as
// the load. Each table has files of these sizes, with one row each; one of 100
// bytes if none is given.
func offline(c *cloner, sizes ...int64) *pipeline.Config {
	if len(sizes) == 0 {
		sizes = []int64{100}
	}
	return &pipeline.Config{
		Run: "run-1", Bridge: &scripted{sizes, copyAll}, Cloner: c, State: pipeline.NewMemState(),
		Source: pipeline.Side{
			DB: unloading(len(sizes)), Stage: redferry.MustParseURI("s3://bucket-a/stage/"),
			Role: creds.Static(creds.MustParseRole("arn:aws:iam::111111111111:role/a")),
		},
		Target: pipeline.Side{
			DB: unloading(0), Stage: redferry.MustParseURI("s3://bucket-b/stage/"),
			Role: creds.Static(creds.MustParseRole("arn:aws:iam::222222222222:role/b")),
		},
	}
}

// tableReport is what a report has of the table schema.name.
func tableReport(r *pipeline.Report, name string) pipeline.TableReport {
	for _, t := range r.Tables {
		if t.Source.Schema+"."+t.Source.Name == name {
			return t
		}
	}
	return pipeline.TableReport{}
}

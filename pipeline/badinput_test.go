package pipeline_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/copyload"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/pipeline"
	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/pair"
)

// TestBadInput gives one thing wrong at a time. Each gives an error that says
// where and what, no table counts as moved, and no upload is left open.
func TestBadInput(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*testing.T, *client, *pipeline.Config)
		says   []string
	}{
		{
			"a role that the warehouse does not have",
			func(_ *testing.T, _ *client, c *pipeline.Config) {
				c.Source.Role = creds.Static(creds.MustParseRole("arn:aws:iam::111111111111:role/nobody"))
			},
			[]string{"unload at the source", `"shop"."people"`, "role/nobody"},
		},
		{
			"the role of the other account",
			func(_ *testing.T, c *client, config *pipeline.Config) { config.Target.Role = creds.Static(c.A.Role) },
			[]string{"load at the target", `"shop"."people"`, "role/redshift-a"},
		},
		{
			"a table that is not there",
			func(_ *testing.T, _ *client, c *pipeline.Config) {
				c.Tables = ddl.Selector{Tables: []redferry.Table{{Schema: "shop", Name: "peopel"}}}
			},
			[]string{"source", `"shop"."peopel"`, "nothing matches"},
		},
		{
			"a bucket in another region",
			func(t *testing.T, c *client, config *pipeline.Config) {
				if err := c.B.S3.CreateBucket(c.A.IAM, "bucket-of-a-far-away"); err != nil {
					t.Fatal(err)
				}
				config.Source.Stage.Bucket = "bucket-of-a-far-away"
			},
			[]string{"unload at the source", `"shop"."people"`, "region"},
		},
		{
			"a bridge in the wrong region",
			func(_ *testing.T, c *client, config *pipeline.Config) {
				config.Bridge = bridge.New(c.s3(c.B, c.Writer), c.s3(c.B, c.Reader), nil)
			},
			[]string{"unload at the source", "us-east-1", "eu-west-1"},
		},
		{
			"a writer that may not write",
			func(t *testing.T, c *client, config *pipeline.Config) {
				user, err := c.B.IAM.CreateUser("idle", fakeaws.MustParsePolicy(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}]}`))
				if err != nil {
					t.Fatal(err)
				}
				config.Bridge = bridge.New(c.s3(c.B, user.CreateAccessKey()), c.s3(c.A, c.Reader), nil)
			},
			[]string{"transfer", "target", "s3:PutObject", "s3://redferry-b-222222222222/"},
		},
		{
			"a reader that may not read",
			func(_ *testing.T, c *client, config *pipeline.Config) {
				config.Bridge = bridge.New(c.s3(c.B, c.Writer), c.s3(c.A, c.Writer), nil)
			},
			[]string{"unload at the source", "source", "s3:GetObject", "manifest"},
		},
		{
			"a login that is refused",
			func(t *testing.T, c *client, config *pipeline.Config) {
				config.Target.DB = c.direct(t, c.B, creds.Login{User: "ferry", Password: creds.NewSecret("wrong-password")})
			},
			[]string{"target", "password authentication failed"},
		},
		{
			"a warehouse that nobody reaches",
			func(t *testing.T, c *client, config *pipeline.Config) {
				nowhere := &pair.Account{PGAddr: "nowhere.example:443", Database: c.B.Database}
				config.Target.DB = c.direct(t, nowhere, c.B.Login)
			},
			[]string{"target", "nowhere.example", "refused"},
		},
		{
			"a stage without its slash",
			func(_ *testing.T, _ *client, c *pipeline.Config) { c.Target.Stage.Key = "stage" },
			[]string{"Target.Stage", "ends in a slash"},
		},
		{
			"a demand that the source cannot meet",
			func(_ *testing.T, _ *client, c *pipeline.Config) { c.MinLevel = bridge.Stored + 1 },
			[]string{"transfer", "proven to level"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, onMem, func(t *testing.T, c *client) {
				config := c.config(c.executor(t, c.A, "direct"), c.executor(t, c.B, "direct"))
				tt.change(t, c, config)
				report, err := pipeline.Run(t.Context(), config)
				c.unmoved(t, report, err, tt.says)
			})
		})
	}
}

// unmoved fails the test unless the run failed with these words and left
// nothing behind. Tables without rows need neither bridge nor role.
func (c *client) unmoved(t *testing.T, report *pipeline.Report, err error, says []string) {
	t.Helper()
	if err == nil {
		t.Fatal("the run says that it went well")
	}
	for _, word := range says {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the error does not say %q: %v", word, err)
		}
	}
	if strings.Contains(err.Error(), "wrong-password") || strings.Contains(err.Error(), c.Writer.SecretAccessKey.Reveal()) {
		t.Errorf("the error tells a secret: %v", err)
	}
	for _, table := range report.Tables {
		if table.Source.Name != "nothing" && (table.Step == pipeline.Validate || table.Err == nil && table.Step.Reached(pipeline.Load)) {
			t.Errorf("%s: %s without an error", table.Source, table.Step)
		}
	}
	if open := append(c.A.S3.OpenUploads(c.A.Stage), c.B.S3.OpenUploads(c.B.Stage)...); len(open) > 0 {
		t.Errorf("uploads are left open: %v", open)
	}
}

// TestContextEnds ends the context at the start of each step.
func TestContextEnds(t *testing.T) {
	for _, step := range []pipeline.Step{pipeline.Define, pipeline.Unload, pipeline.Transfer, pipeline.Load, pipeline.Validate} {
		t.Run(string(step), func(t *testing.T) {
			t.Parallel()
			inWorld(t, onMem, func(t *testing.T, c *client) { endAt(t, c, step) })
		})
	}
}

func endAt(t *testing.T, c *client, step pipeline.Step) {
	config := c.config(c.executor(t, c.A, "direct"), c.executor(t, c.B, "dataapi"))
	config.State = pipeline.NewMemState()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	config.Trace = &pipeline.Trace{Start: func(_ redferry.Table, s pipeline.Step) {
		if s == step {
			cancel()
		}
	}}
	report, err := pipeline.Run(ctx, config)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	for _, table := range report.Tables {
		if table.Step == pipeline.Validate {
			t.Errorf("%s is reported as validated", table.Source)
		}
	}
	if open := append(c.A.S3.OpenUploads(c.A.Stage), c.B.S3.OpenUploads(c.B.Stage)...); len(open) > 0 {
		t.Errorf("uploads are left open: %v", open)
	}
	config.Trace = nil
	if _, err := pipeline.Run(t.Context(), config); err != nil {
		t.Errorf("the run after it: %v", err)
	}
	c.same(t, people, orders, nothing)
}

// TestOneTableFails: the others arrive, and the report tells which did not.
func TestOneTableFails(t *testing.T) {
	inWorld(t, onMem, func(t *testing.T, c *client) {
		a, b := c.executor(t, c.A, "direct"), c.executor(t, c.B, "direct")
		for _, sql := range []string{
			`CREATE SCHEMA shop`,
			`CREATE TABLE shop.people (id bigint NOT NULL, name varchar(80), born date, PRIMARY KEY (id))`,
			`INSERT INTO shop.people VALUES (9, 'squatter', NULL)`,
		} {
			if _, err := b.Exec(t.Context(), exec.Statement{SQL: sql}); err != nil {
				t.Fatal(err)
			}
		}
		report, err := pipeline.Run(t.Context(), c.config(a, b))
		if !errors.Is(err, copyload.ErrNotEmpty) {
			t.Errorf("got %v", err)
		}
		for _, table := range report.Tables {
			if failed := table.Source == people; failed != (table.Err != nil) || !failed && table.Step != pipeline.Validate {
				t.Errorf("%s: %s, %v", table.Source, table.Step, table.Err)
			}
		}
		if wrong, ok := errors.AsType[*pipeline.Error](err); !ok || wrong.Table != people || wrong.Step != pipeline.Load {
			t.Errorf("got %#v", wrong)
		}
	})
}

// TestRejectedRows: the error of a load carries what the warehouse's log has of
// it, and the load leaves nothing.
func TestRejectedRows(t *testing.T) {
	for _, mode := range []string{"direct", "dataapi"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			inSmallWorld(t, onMem, func(t *testing.T, c *client, a, b exec.Executor, config *pipeline.Config) {
				run(t, a, `CREATE TABLE small.words (word varchar(20))`, `INSERT INTO small.words VALUES ('short'), ('rather a long word')`)
				run(t, b, `CREATE SCHEMA small`, `CREATE TABLE small.words (word varchar(20))`)
				words := redferry.Table{Schema: "small", Name: "words"}
				config.Tables = ddl.Selector{Tables: []redferry.Table{words}}
				config.Target.DB = c.executor(t, c.B, mode)
				config.Trace = &pipeline.Trace{Done: func(_ redferry.Table, step pipeline.Step, _ error) {
					if step == pipeline.Define { // behind the back of the plan
						run(t, b, `DROP TABLE small.words`, `CREATE TABLE small.words (word varchar(10))`)
					}
				}}
				_, err := pipeline.Run(t.Context(), config)
				rejected, ok := errors.AsType[*copyload.RejectError](err)
				if !ok || len(rejected.Rejects) == 0 || !strings.Contains(rejected.Rejects[0].Reason, "data column word") || !strings.HasPrefix(rejected.Rejects[0].File, "s3://redferry-b-") {
					t.Errorf("got %v", err)
				}
				if got := rows(t, b, words); len(got) != 0 {
					t.Errorf("it left %v", got)
				}
			})
		})
	}
}

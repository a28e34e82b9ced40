package rsql_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

const role = "arn:aws:iam::111111111111:role/unloader"

func TestUnload(t *testing.T) {
	got := parse[*rsql.Unload](t, `UNLOAD ('select "a", ''it''''s \\\\ ''  from s.t where x in (select y from u limit 1)')
		TO 's3://bucket-a/run 1/t/' IAM_ROLE '`+role+`' FORMAT AS PARQUET MANIFEST VERBOSE ALLOWOVERWRITE PARALLEL OFF
		MAXFILESIZE AS 5 MB ROWGROUPSIZE 64 REGION AS 'eu-west-1' PARTITION BY ("Year", month) INCLUDE EXTENSION 'pq'
		ENCRYPTED KMS_KEY_ID 'key-1'`, nil)
	want := &rsql.Unload{
		Query:  `select "a", 'it''s \\ '  from s.t where x in (select y from u limit 1)`,
		Tables: []rsql.Name{{Schema: "s", Name: "t"}, {Name: "u"}},
		To:     redferry.URI{Bucket: "bucket-a", Key: "run 1/t/"}, Roles: []string{role},
		Format: rsql.Parquet, Manifest: true, Verbose: true, Overwrite: true, Single: true,
		MaxFileSize: 5 << 20, RowGroupSize: 64 << 20, Region: "eu-west-1", PartitionBy: []string{"year", "month"}, Include: true,
		Delimiter: "|", Extension: "pq", Encrypted: true, KMSKeyID: "key-1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestUnloadText(t *testing.T) {
	got := parse[*rsql.Unload](t, `unload ($$select 'a'$$) to 's3://bucket-a/p' iam_role default csv header delimiter as '\t'
		null as '\\N' gzip parallel true maxfilesize 6.2 gb cleanpath`, nil)
	want := &rsql.Unload{
		Query: "select 'a'", To: redferry.URI{Bucket: "bucket-a", Key: "p"}, Roles: []string{"default"}, Format: rsql.CSV,
		Header: true, Delimiter: "\t", Null: `\N`, Compression: "gzip", MaxFileSize: 6657199308, Clean: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRoles(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"the default", "default", []string{"default"}},
		{"the session", "'SESSION'", []string{"SESSION"}},
		{"an ARN with a path", "'arn:aws-cn:iam::123456789012:role/a/b'", []string{"arn:aws-cn:iam::123456789012:role/a/b"}},
		{"a chain", "'" + role + "," + role + "2'", []string{role, role + "2"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := parse[*rsql.Copy](t, "copy t from 's3://bucket-b/p' iam_role "+test.text, nil)
			if diff := cmp.Diff(test.want, got.Roles); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnloadRefusals(t *testing.T) {
	unload := func(options string) string {
		return "unload ('select 1 from t') to 's3://bucket-a/p/' iam_role default " + options
	}
	query := func(q string) string { return "unload ('" + q + "') to 's3://bucket-a/p/' iam_role default" }
	tests := []refusal{
		{"no authorization", "unload ('select 1') to 's3://bucket-a/p/'", "XX000", "Invalid credentials"},
		{"a chain with a blank", "unload ('select 1') to 's3://bucket-a/p/' iam_role '" + role + ", " + role + "'", "XX000", "Invalid credentials"},
		{"access keys", "unload ('select 1') to 's3://bucket-a/p/' access_key_id 'AKIA' secret_access_key 's'", "0A000", "IAM_ROLE"},
		{"credentials", "unload ('select 1') to 's3://bucket-a/p/' credentials 'aws_iam_role=x'", "0A000", "IAM_ROLE"},
		{"a path that is no S3", "unload ('select 1') to '/tmp/x' iam_role default", "XX000", "/tmp/x"},
		{"an access point alias", "unload ('select 1') to 's3://ap-0123-s3alias/x' iam_role default", "0A000", "alias"},
		{"an outer LIMIT", query("select * from t limit 10"), "42601", "Limit clause is not supported."},
		{"a quote not doubled", "unload ('select 'a' from t') to 's3://bucket-a/p/' iam_role default", "42601", `at or near "a"`},
		{"a query that is none", query("delete from t"), "42601", `at or near "delete"`},
		{"two queries", query("select 1; select 2"), "42601", `";"`},
		{"a backslash that eats the quote", query(`select ''\\'' from t`), "42601", "unterminated"},
		{"an option twice", unload("manifest manifest"), "42601", "redundant"},
		{"two formats", unload("csv format parquet"), "42601", "redundant"},
		{"two compressions", unload("gzip zstd"), "42601", "redundant"},
		{"VERBOSE alone", unload("verbose"), "42601", `"verbose"`},
		{"no such option", unload("fast"), "42601", `"fast"`},
		{"ORC", unload("format orc"), "42601", `"orc"`},
		{"a delimiter of two", unload("delimiter '||'"), "22023", "single ASCII"},
		{"MAXFILESIZE under 5 MB", unload("maxfilesize 4.9 mb"), "22023", "MAXFILESIZE"},
		{"MAXFILESIZE over 6.2 GB", unload("maxfilesize 6.3 gb"), "22023", "MAXFILESIZE"},
		{"ROWGROUPSIZE over 128 MB", unload("parquet rowgroupsize 129"), "22023", "ROWGROUPSIZE"},
		{"ROWGROUPSIZE of text", unload("rowgroupsize 64"), "0A000", "ROWGROUPSIZE"},
		{"CLEANPATH with ALLOWOVERWRITE", unload("cleanpath allowoverwrite"), "0A000", "ALLOWOVERWRITE"},
		{"ENCRYPTED AUTO with a key", unload("encrypted auto kms_key_id 'k'"), "0A000", "KMS_KEY_ID"},
		{"a key without ENCRYPTED", unload("kms_key_id 'k'"), "0A000", "ENCRYPTED"},
		{"HEADER with FIXEDWIDTH", unload("fixedwidth '0:3' header"), "0A000", "HEADER"},
	}
	for _, option := range []string{"delimiter ','", "fixedwidth '0:3'", "addquotes", "escape", "null as ''", "header", "gzip", "bzip2", "zstd", "encrypted"} {
		tests = append(tests, refusal{"parquet with " + option, unload("parquet " + option), "0A000", "PARQUET"})
	}
	for _, option := range []string{"escape", "fixedwidth '0:3'", "addquotes"} {
		tests = append(tests, refusal{"csv with " + option, unload("csv " + option), "0A000", "CSV"})
	}
	for _, option := range []string{"delimiter ','", "header", "fixedwidth '0:3'", "addquotes", "escape", "null ''"} {
		tests = append(tests, refusal{"json with " + option, unload("json " + option), "0A000", "JSON"})
	}
	testRefusals(t, tests)
}

func TestCopy(t *testing.T) {
	on := true
	got := parse[*rsql.Copy](t, `copy s."Orders" (id, "a""b") from 's3://bucket-b/run/manifest' iam_role '`+role+`'
		format as parquet manifest explicit_ids fillrecord serializetojson statupdate on acceptinvchars`, nil)
	want := &rsql.Copy{
		Table: rsql.Name{Schema: "s", Name: "orders"}, Columns: []string{"id", `a"b`},
		From: redferry.URI{Bucket: "bucket-b", Key: "run/manifest"}, Roles: []string{role}, Format: rsql.Parquet, Manifest: true,
		ExplicitIDs: true, FillRecord: true, SerializeToJSON: true, StatUpdate: &on, AcceptInvChars: "?",
		Delimiter: "|", Quote: `"`, NullAs: `\N`, Encoding: "UTF8",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCopyText(t *testing.T) {
	off := false
	got := parse[*rsql.Copy](t, `copy t from 's3://bucket-b/p' iam_role default csv quote as '%' delimiter '|~|' null 'NULL' ignoreheader as 1
		dateformat 'auto' timeformat as 'auto' region 'us-east-1' maxerror 10 compupdate off statupdate false acceptinvchars as '^'
		emptyasnull blanksasnull truncatecolumns gzip noload`, nil)
	want := &rsql.Copy{
		Table: rsql.Name{Name: "t"}, From: redferry.URI{Bucket: "bucket-b", Key: "p"}, Roles: []string{"default"}, Format: rsql.CSV,
		Quote: "%", Delimiter: "|~|", NullAs: "NULL", IgnoreHeader: 1, DateFormat: "auto", TimeFormat: "auto", Region: "us-east-1",
		MaxError: 10, CompUpdate: "OFF", StatUpdate: &off, AcceptInvChars: "^", EmptyAsNull: true, BlanksAsNull: true,
		TruncateColumns: true, Compression: "gzip", NoLoad: true, Encoding: "UTF8",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCopyRefusals(t *testing.T) {
	tests := []refusal{
		{"no authorization", "copy t from 's3://bucket-b/p'", "XX000", "Invalid credentials"},
		{"access keys", "copy t from 's3://bucket-b/p' access_key_id 'AKIA'", "0A000", "IAM_ROLE"},
		{"standard input", "copy t from stdin", "0A000", "LOAD source is not supported."},
		{"a job", "copy job list", "0A000", "not supported"},
		{"a job on a copy", "copy t from 's3://bucket-b/p' iam_role default job create j", "42601", `"job"`},
		{"a column twice", "copy t (a, A) from 's3://bucket-b/p' iam_role default", "42701", "more than once"},
		{"MAXERROR over 100,000", "copy t from 's3://bucket-b/p' iam_role default maxerror 100001", "22023", "MAXERROR"},
		{"QUOTE without CSV", "copy t from 's3://bucket-b/p' iam_role default quote '%'", "0A000", "QUOTE"},
		{"client-side encryption", "copy t from 's3://bucket-b/p' iam_role default encrypted", "0A000", "client-side"},
	}
	for option, name := range map[string]string{
		"region 'eu-west-1'": "REGION", "truncatecolumns": "TRUNCATECOLUMNS", "compupdate off": "COMPUPDATE", "maxerror 1": "MAXERROR",
		"acceptanydate": "ACCEPTANYDATE", "ignoreallerrors": "IGNOREALLERRORS", "null as ''": "NULL AS", "gzip": "GZIP", "delimiter ','": "DELIMITER",
	} {
		tests = append(tests, refusal{
			"parquet with " + name, "copy t from 's3://bucket-b/p' iam_role default format parquet " + option,
			"0A000", name + " argument is not supported for PARQUET based COPY",
		})
	}
	testRefusals(t, tests)
}

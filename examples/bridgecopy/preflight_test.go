package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakes3"
)

// TestPreflight: the program says which rights are missing and which are too many,
// as its flags need them, exits with 0 if the needed ones are there, and copies
// nothing.
func TestPreflight(t *testing.T) {
	const (
		read  = `{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":"arn:aws:s3:::source*"}`
		write = `{"Effect":"Allow","Action":["s3:PutObject","s3:AbortMultipartUpload","s3:ListMultipartUploadParts","s3:ListBucketMultipartUploads"],"Resource":"arn:aws:s3:::target*"}`
		list  = `{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::target"}`
		every = `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`
	)
	for _, tt := range []struct {
		name, reader, writer string
		flags                string
		exit                 int
		want                 []string
	}{
		{"all there", read, write, "-write-only", 0, []string{
			"source  s3:GetObject                   arn:aws:s3:::source/p/*  allowed\n",
			"target  s3:ListBucket                  arn:aws:s3:::target      not allowed, and not needed\n",
			"not needed; unknown: not tried",
		}},
		{"one missing", read, write, "", 1, []string{
			"target  s3:PutObject                   arn:aws:s3:::target/q/*  allowed\n",
			"target  s3:ListBucket                  arn:aws:s3:::target      MISSING: allow access key AKIA",
			"bridge: rights are missing: target: allow access key AKIA",
		}},
		{"one missing for -delete", read, write + "," + list, "-delete", 1, []string{
			"target  s3:DeleteObject                arn:aws:s3:::target/q/*  MISSING: allow access key AKIA",
		}},
		{"one missing for -tags", `{"Effect":"Allow","Action":"s3:GetObjectTagging","Resource":"arn:aws:s3:::source*"},` + read, write, "-write-only -tags keep", 1, []string{
			"source  s3:GetObjectTagging            arn:aws:s3:::source/p/*  allowed\n",
			"target  s3:PutObjectTagging            arn:aws:s3:::target/q/*  MISSING: allow access key AKIA",
		}},
		{"listing, which a manifest makes needless", read, write, "-write-only -manifest s3://source/p/manifest", 0, []string{
			"source  s3:ListBucket                  arn:aws:s3:::source      allowed, and not needed: take from access key AKIA",
		}},
		{"too many", every, every, "-write-only", 0, []string{
			"source  s3:PutObject                   arn:aws:s3:::source/p/*  allowed, and not needed: take from access key AKIA",
			"target  s3:GetObject                   arn:aws:s3:::target/q/*  allowed, and not needed: take from access key AKIA",
			"target  s3:ListBucket                  arn:aws:s3:::target      allowed, and not needed: take from access key AKIA",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server, url, ca, env := twoUsers(t, tt.reader, tt.writer)
			c := child(t, "", "", append(strings.Fields(tt.flags), "-preflight", "-src", "s3://source/p/", "-dst", "s3://target/q/", "-src-endpoint", url, "-dst-endpoint", url, "-ca", ca)...)
			c.Env = append(c.Env, env...)
			out, err := c.CombinedOutput()
			if c.ProcessState.ExitCode() != tt.exit {
				t.Errorf("exit code %d, %v, want %d", c.ProcessState.ExitCode(), err, tt.exit)
			}
			for _, want := range tt.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("it does not say %q", want)
				}
			}
			if t.Failed() {
				t.Logf("%s", out)
			}
			for _, r := range server.Requests() {
				if strings.HasPrefix(r.Op, "Put") || r.Op == "UploadPart" {
					t.Errorf("it asked for %s", r.Op)
				}
			}
		})
	}
}

// TestFindings: what is not known is not passed off as allowed, and what is left is told.
func TestFindings(t *testing.T) {
	var out strings.Builder
	left := bridge.Leftover{Side: bridge.SideTarget, URI: redferry.MustParseURI("s3://target/q/k"), UploadID: "u1"}
	err := printFindings(&out, &bridge.Findings{
		Rights: []bridge.Finding{{Side: "target", Action: "s3:PutObject", Resource: "r", Needed: true, Allowed: bridge.Unknown, Why: "no answer", Advice: "look at the policy"}},
		Left:   []bridge.Leftover{left},
	})
	if want := "target  s3:PutObject  r  UNKNOWN: look at the policy: no answer\n" + left.String() + "\n"; err != nil || out.String() != want {
		t.Errorf("%v, %q, want %q", err, &out, want)
	}
}

// twoUsers starts an S3 with a reader and a writer that have these statements, and
// returns the environment with their keys.
func twoUsers(t *testing.T, reader, writer string) (server *fakes3.Server, url, ca string, env []string) {
	t.Helper()
	server, account := startIn(t, nil)
	url, ca = serve(t, server.Start)
	for side, statements := range map[string]string{"SRC": reader, "DST": writer} {
		user, err := account.CreateUser(side, fakeaws.MustParsePolicy(`{"Version":"2012-10-17","Statement":[`+statements+`]}`))
		if err != nil {
			t.Fatal(err)
		}
		keys := user.CreateAccessKey()
		env = append(env, fmt.Sprintf("%s_AWS_ACCESS_KEY_ID=%s", side, keys.AccessKeyID), fmt.Sprintf("%s_AWS_SECRET_ACCESS_KEY=%s", side, keys.SecretAccessKey.Reveal()))
	}
	return server, url, ca, env
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/redferry/redferry/internal/rival/hollow"
)

// A program copies the objects of a set.
type program struct {
	name, path string
	arguments  func(e *ends, set hollow.Set, bucket string) []string
}

// What rclone is, and where from.
const (
	rcloneVersion = "v1.75.1"
	rcloneModule  = "github.com/rclone/rclone@" + rcloneVersion
)

// install returns the programs that take part.
func (s settings) install(ctx context.Context, dir string) ([]program, error) {
	var programs []program
	for _, name := range strings.Split(s.programs, ",") {
		p, err := s.find(ctx, name, dir)
		if err != nil {
			return nil, err
		}
		if p != nil {
			programs = append(programs, *p)
		}
	}
	return programs, nil
}

// ours is what the others are compared with.
const ours = "ours"

// find returns the program of this name, nil for juicefs if nobody said where it is.
func (s settings) find(ctx context.Context, name, dir string) (*program, error) {
	switch name {
	case ours:
		path, err := build(ctx, dir, "examples/bridgecopy")
		return &program{ours, path, oursArguments}, err
	case "ledger":
		path, err := build(ctx, dir, "examples/bridgecopy")
		return &program{"ledger", path, ledgerArguments(dir)}, err
	case "pipe":
		path, err := build(ctx, dir, "internal/rival/pipe")
		return &program{"pipe", path, pipeArguments}, err
	case "rclone":
		path, err := installRclone(ctx)
		return &program{"rclone", path, rcloneArguments}, err
	case "juicefs":
		if s.juicefs == "" {
			return nil, nil
		}
		path, err := filepath.Abs(s.juicefs)
		return &program{"juicefs", path, juicefsArguments}, err
	}
	return nil, fmt.Errorf("%q is no program: there are ours, ledger, rclone, juicefs and pipe", name)
}

// build builds the command in a folder of this tree.
func build(ctx context.Context, dir, folder string) (string, error) {
	built := filepath.Join(dir, filepath.Base(folder))
	return built, goTool(ctx, nil, "build", "-o", built, "github.com/redferry/redferry/"+folder)
}

// installRclone builds rclone, which takes minutes, unless it is in the cache.
func installRclone(ctx context.Context) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "redferry", "rclone-"+rcloneVersion)
	path := filepath.Join(dir, "rclone")
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		return path, err
	}
	fmt.Fprintf(os.Stderr, "rival: go install %s\n", rcloneModule)
	return path, goTool(ctx, []string{"GOBIN=" + dir}, "install", rcloneModule)
}

func goTool(ctx context.Context, env []string, arguments ...string) error {
	c := exec.CommandContext(ctx, "go", arguments...)
	c.Env = append(os.Environ(), env...)
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", strings.Join(arguments, " "), err, out)
	}
	return nil
}

// environment is what all programs are started with: the keys by the names that they
// have for them, the certificates, and nothing else that would change what they do.
func (e *ends) environment() []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "AWS_") || strings.HasPrefix(v, "RCLONE_") })
	env = append(env, "SSL_CERT_FILE="+e.certificates)
	for _, side := range []string{"SRC", "DST"} {
		env = append(env, side+"_AWS_ACCESS_KEY_ID=key", side+"_AWS_SECRET_ACCESS_KEY=secret", side+"_AWS_REGION=us-east-1")
	}
	for side, end := range map[string]*end{"SOURCE": e.source, "TARGET": e.target} {
		for name, value := range map[string]string{
			"TYPE": "s3", "PROVIDER": "Minio", "ACCESS_KEY_ID": "key", "SECRET_ACCESS_KEY": "secret", "ENDPOINT": end.URL, "NO_CHECK_BUCKET": "true",
		} {
			env = append(env, "RCLONE_CONFIG_"+side+"_"+name+"="+value)
		}
	}
	return env
}

func oursArguments(e *ends, set hollow.Set, bucket string) []string {
	return []string{
		"-src", "s3://" + hollow.Made + "/" + set.Name + "/", "-src-endpoint", e.source.URL,
		"-dst", "s3://" + bucket + "/" + set.Name + "/", "-dst-endpoint", e.target.URL,
	}
}

// ledgerArguments have ours remember what it copied in a file, a new one each time, and ask
// nothing of the target.
func ledgerArguments(dir string) func(*ends, hollow.Set, string) []string {
	runs := 0
	return func(e *ends, set hollow.Set, bucket string) []string {
		runs++
		return append(oursArguments(e, set, bucket), "-write-only", "-state", filepath.Join(dir, fmt.Sprintf("state%d", runs)))
	}
}

func pipeArguments(e *ends, set hollow.Set, bucket string) []string {
	return []string{e.source.URL + "/" + hollow.Made + "/" + set.Name + "/", e.target.URL + "/" + bucket + "/" + set.Name + "/"}
}

// rcloneArguments have rclone do as much at once as makes it fast, and check nothing
// that it can be told not to check. It sends an MD5 with each part all the same. A
// million keys it would sort on disk and then, it seems, ask for one by one, in minutes:
// it is told to keep them in memory.
func rcloneArguments(_ *ends, set hollow.Set, bucket string) []string {
	arguments := []string{
		"copy", "source:" + hollow.Made + "/" + set.Name, "target:" + bucket + "/" + set.Name, "--quiet", "--config", "",
		"--transfers", "16", "--checkers", "16", "--s3-upload-concurrency", "8", "--s3-chunk-size", "16M", "--s3-use-multipart-etag=false",
	}
	if set.Name == same {
		arguments = append(arguments, "--size-only", "--list-cutoff", "10000000")
	}
	return arguments
}

func juicefsArguments(e *ends, set hollow.Set, bucket string) []string {
	address := func(end *end, bucket string) string {
		_, host, _ := strings.Cut(end.URL, "://")
		return "s3://key:secret@" + host + "/" + bucket + "/" + set.Name + "/"
	}
	arguments := []string{"sync", "--threads", "16", "--no-agent"}
	if e.scheme() == "HTTP" {
		arguments = append(arguments, "--no-https")
	}
	return append(arguments, address(e.source, hollow.Made), address(e.target, bucket))
}

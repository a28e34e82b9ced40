package pipeline_test

import (
	"os"
	"strings"
	"testing"
)

// TestReadme keeps the code of the README equal to the example that compiles.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, code, ok := strings.Cut(string(source), "// MoveSales moves")
	if !ok {
		t.Fatal("the example has lost its function")
	}
	_, block, ok := strings.Cut(string(readme), "```go\n")
	block, _, closed := strings.Cut(block, "```")
	if !ok || !closed {
		t.Fatal("the README has no block of Go")
	}
	if want := "// MoveSales moves" + code; block != want {
		t.Errorf("the README's code differs from example_test.go; it should be\n%s", want)
	}
}

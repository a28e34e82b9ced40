//go:build !cgo

package duck

import (
	"errors"
	"strings"
	"testing"
)

func TestWithoutCgo(t *testing.T) {
	_, err := New(nil)
	if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "needs cgo: build with CGO_ENABLED=1 and a C compiler") {
		t.Errorf("got %v", err)
	}
}

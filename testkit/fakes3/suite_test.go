package fakes3_test

import (
	"testing"
	"testing/synctest"

	"github.com/redferry/redferry/testkit/fakes3"
	"github.com/redferry/redferry/testkit/fakes3/s3test"
)

func TestSuiteOverHTTP(t *testing.T) {
	w := start(t, nil)
	s3test.TestS3(t, w.client(w.admin), bucket)
}

func TestSuiteOverTLSOnDisk(t *testing.T) {
	w := startTLS(t, &fakes3.Options{Dir: t.TempDir()})
	s3test.TestS3(t, w.client(w.admin), bucket)
}

// Each case in a bubble of virtual time, on a network in memory.
func TestSuiteInBubbles(t *testing.T) {
	for _, c := range s3test.Cases() {
		t.Run(c.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := startInMemory(t, nil)
				c.Run(t, w.client(w.admin), bucket)
			})
		})
	}
}

package bridge_test

import (
	"testing"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/bridge/bridgetest"
)

func TestCopierIsABridge(t *testing.T) {
	for _, scheme := range []string{"http", "https"} {
		t.Run(scheme, func(t *testing.T) {
			bridgetest.TestBridge(t, func(t *testing.T) bridgetest.Setup {
				w := newWorld(t, scheme)
				return bridgetest.Setup{
					Bridge: w.copier(func(o *bridge.Options) { o.PartSize = 64 << 10 }),
					Src:    src("in/"), Dst: dst("out/"),
					Put: func(t *testing.T, u redferry.URI, content []byte) bridge.Object { return w.put(t, u.Key, content, nil) },
					Get: func(t *testing.T, u redferry.URI) ([]byte, bool) {
						content := w.got(t, u.Key)
						return content, content != nil
					},
				}
			})
		})
	}
}

package bridge_test

import (
	"testing"

	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/bridge/bridgetest"
)

func TestMemLedger(t *testing.T) {
	bridgetest.TestLedger(t, func(*testing.T) bridge.Ledger { return new(bridge.MemLedger) }, nil)
}

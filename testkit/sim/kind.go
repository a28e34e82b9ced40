package sim

import "slices"

// A Kind is a way in which something goes wrong.
type Kind string

// The kinds of faults. A kill ends the process with all of its connections, and
// its disk loses what was not synced; the servers go on.
const (
	KillBefore    Kind = "kill-before" // the process dies, and the request does not leave it
	KillDuring    Kind = "kill-during" // it dies when the request, or half of its body, is on its way
	KillAfter     Kind = "kill-after"  // it dies when the effect is there, before it learns of it
	Refused       Kind = "refused"     // the connection is refused
	LostBefore    Kind = "lost-before" // the connection is lost before the effect
	LostAfter     Kind = "lost-after"  // the connection is lost after the effect, before the answer
	SlowDown      Kind = "503"         // the server is overloaded
	RetryAfter    Kind = "503-retry"   // and says when to come back
	ServerError   Kind = "500"         // the server fails before the effect
	Throttled     Kind = "throttled"   // too many requests
	EngineError   Kind = "1023"        // the warehouse rolls the transaction back
	EngineLost    Kind = "engine-lost" // the warehouse restarts: the session is gone
	CutBody       Kind = "cut"         // the connection breaks in the middle of a body
	FlipBit       Kind = "flip"        // a bit of a body is wrong, unnoticed by the network
	Stall         Kind = "stall"       // nothing moves for 45 seconds
	LongStall     Kind = "long-stall"  // nothing moves for 20 minutes
	RotateKey     Kind = "rotate"      // the key is replaced, the old one is refused from now on
	ReplaceSource Kind = "replace"     // the object is replaced by another of the same size, or by what it was before
	StaleListing  Kind = "stale"       // the listing is the one of an earlier moment
	SecondRunner  Kind = "second"      // another process takes up the same work
	DiskFull      Kind = "disk-full"   // the operation fails without an effect
)

// kinds are what can go wrong at a boundary of a class.
var kinds = [numClass][]Kind{
	Answer:  nil,
	Read:    {KillBefore, KillDuring, KillAfter, Refused, LostBefore, LostAfter, SlowDown, RetryAfter, ServerError, CutBody, FlipBit, Stall, LongStall, RotateKey, ReplaceSource, SecondRunner},
	Write:   {KillBefore, KillDuring, KillAfter, Refused, LostBefore, LostAfter, SlowDown, RetryAfter, ServerError, CutBody, FlipBit, Stall, LongStall, RotateKey, ReplaceSource, SecondRunner},
	Listing: {KillBefore, KillAfter, Refused, LostBefore, LostAfter, SlowDown, RetryAfter, ServerError, CutBody, Stall, LongStall, RotateKey, StaleListing, SecondRunner, ReplaceSource},
	Control: {KillBefore, KillAfter, Refused, LostBefore, LostAfter, SlowDown, RetryAfter, ServerError, Stall, LongStall, RotateKey, ReplaceSource, SecondRunner},
	Secret:  {KillBefore, KillAfter, Refused, LostBefore, LostAfter, ServerError, Throttled, Stall, RotateKey},
	Submit:  {KillBefore, KillAfter, Refused, LostBefore, LostAfter, ServerError, Throttled, EngineError, EngineLost, Stall, LongStall, SecondRunner},
	Poll:    {KillBefore, KillAfter, Refused, LostBefore, LostAfter, ServerError, Throttled, Stall, LongStall},
	Dial:    {KillBefore, KillAfter, Refused, Stall, RotateKey, SecondRunner},
	Query:   {KillBefore, KillDuring, KillAfter, LostBefore, LostAfter, EngineError, EngineLost, Stall, LongStall, SecondRunner},
	DiskOp:  {KillBefore, DiskFull, SecondRunner},
}

// Kinds returns what can go wrong at a boundary of class c.
func (c Class) Kinds() []Kind { return slices.Clone(kinds[c]) }

func (k Kind) known() bool {
	return slices.ContainsFunc(kinds[:], func(list []Kind) bool { return slices.Contains(list, k) })
}

// kills reports whether k ends the process.
func (k Kind) kills() bool { return k == KillBefore || k == KillDuring || k == KillAfter }

// Package sim runs programs that use redferry in a simulated world, in virtual
// time, with everything going wrong that can, and holds what the world contains
// afterwards against what the programs said. The same seed gives the same run.
//
// A [World] is two AWS accounts with their S3, their warehouses and their Secrets
// Manager, on a network in memory. A [Process] is one life of a program: it runs
// the real AWS SDK and the real pgx, and has connections, randomness and a disk of
// its own. A [Boundary] is each request, each answer, each connection and each
// operation on the disk. A [Fault] is one thing that goes wrong at a boundary: the
// process dies and another one resumes, a connection breaks before or after the
// effect, a server is overloaded, a body is cut off or a bit of it flipped, a key
// is replaced, a second runner takes up the same work (see [Kind]).
//
// A test describes a [Scenario], whose Program is one life of its program, and
// has it searched:
//
//	move := &sim.Move{Mode: "direct", Tables: tables}
//	scenario := &sim.Scenario{
//		Name:    "mine",
//		Fill:    fill,     // what is in the world beforehand
//		Program: move.Run, // or a function of your own, with what Process offers
//		Check:   func(w *sim.World) []error { return sim.SameTables(w, tables...) },
//	}
//	tally := sim.Search(t, scenario, sim.Seeds(1, 1000, 0.03), nil)
//	tally.Require(t)
//
// [Singles] has every kind of fault at every boundary, [Kills] every way to kill
// the program once, twice, ... A run that breaks an invariant is shrunk to faults
// of which none can be taken away, and reported with a command that replays it.
//
// What holds after every run, whatever went wrong:
//
//   - A program that says that its work is done has done it: Check is asked at
//     that moment, and once more at the end. Of a [Move], so has each table that its
//     report calls validated and each file that it calls copied, also if the run
//     failed. Of a sync ([Process.WatchSync]), what it calls copied or unchanged is at
//     the target as a copy of the version that it names or that was listed, and in
//     the end each object is what its listing said, or something later.
//   - When nothing goes wrong any more, each runner gets its work done, unless
//     something was done to the world that no program can repair ([World.Damaged]).
//   - Each entry of a ledger is true, also of what a crash leaves ([TrueLedgers]).
//   - No step is done again, and no file copied again, of which the runner's record is
//     on the disk; no object copied again that its ledger has, unless it was replaced; no part of an upload is sent again that the process knows to be in
//     place, and none for an upload that the journal does not know; no upload stays
//     open that a journal has known and forgotten, or that nobody wrote down though
//     its process lived.
//   - No goroutine is left, and none waits for ever.
//   - No secret of the world is in what a program printed or returned, in its
//     requests' URLs, on its disk, in the SQL that a warehouse got, or in the names
//     and manifests in a bucket (see package canary).
//
// A program that is to replay keeps three rules: what it does side by side it
// begins in an order ([Process.Turn], [Process.Trace]); its only randomness is [Process.Rand] and
// [Process.Token]; it keeps files by [Process.Disk] or [Process.Files] alone. A
// [Move] keeps them.
//
// What is not simulated: the PostgreSQL wire has no TLS here; the clocks of all
// machines agree; a process that is killed loses all its connections at once;
// bytes that were synced to the disk do not go bad.
package sim

package sim

import "slices"

// A State is a rare state that a simulation comes through, by name. A set of runs
// that never reaches one has not tested what it says; see [States].
type State string

// The rare states. They are seen from outside: in what passes between a process
// and the world, in what the warehouse did, and in what the program reported.
const (
	KilledInUnload     State = "killed while an UNLOAD ran"
	KilledInCopy       State = "killed while a COPY ran"
	KilledAtCommit     State = "killed when the COMMIT of a load was done, before it was known"
	CommitLost         State = "answer to the COMMIT of a load lost"
	CommitUnsent       State = "COMMIT of a load not sent"
	LedgerLost         State = "answer to the INSERT into the ledger lost"
	CopyLost           State = "answer to a COPY lost"
	UnloadLost         State = "answer to an UNLOAD lost"
	LockLost           State = "answer to a LOCK lost"
	KilledInDefine     State = "killed while definitions were made"
	KilledAtCreate     State = "killed when an upload was created, before it was known"
	KilledAtPart       State = "killed when a part was in place, before it was known"
	KilledInPart       State = "killed in the middle of a part"
	KilledAtComplete   State = "killed when an upload was complete, before it was known"
	CreateLost         State = "answer to the creation of an upload lost"
	CompleteLost       State = "answer to the completion of an upload lost"
	PartLost           State = "answer to a part lost"
	PartCut            State = "a part cut off"
	PartFlipped        State = "a bit of a part flipped on its way to the target"
	ReadFlipped        State = "a bit of a part flipped on its way from the source"
	ReadCut            State = "a read cut off"
	ManifestKilled     State = "killed when the manifest for COPY was written"
	ManifestFlipped    State = "a bit of the manifest for COPY flipped"
	KilledInRecord     State = "killed while a record was written"
	KilledInJournal    State = "killed while the journal was written"
	RecordFull         State = "no room on the disk for a record"
	JournalFull        State = "no room on the disk for the journal"
	CrashLost          State = "a crash of the machine lost what was not synced"
	ReaderRotated      State = "the reader's key replaced while it was in use"
	WriterRotated      State = "the writer's key replaced while it was in use"
	PasswordRotated    State = "the password of a warehouse replaced"
	SourceReplaced     State = "a source object replaced while it was read"
	StaleParts         State = "an old listing of parts believed"
	StaleFiles         State = "an old listing of files believed"
	RivalCalled        State = "a second runner took up the same move"
	RivalLoaded        State = "one runner found what the other had loaded"
	CopyAborted        State = "a COPY rolled back by the warehouse"
	CommitAborted      State = "the COMMIT of a load rolled back by the warehouse"
	UnloadAborted      State = "an UNLOAD refused by the warehouse"
	SubmitLost         State = "answer to the submission of a statement lost"
	SubmitThrottled    State = "the submission of a statement throttled"
	PollLost           State = "answer to a look at a statement lost"
	Overloaded         State = "503 with a time to come back"
	LoadedAlready      State = "a load found in the ledger"
	PartsReused        State = "parts of an earlier life used"
	ResumedUnloaded    State = "a life went on after the UNLOAD of another"
	ResumedTransferred State = "a life went on after the transfer of another"
	UnloadedAgain      State = "a table unloaded a second time, under a new prefix"
	CopyRestarted      State = "the copy of an object begun anew"
	OutlivedItsClient  State = "a statement of a load that ended after its client's death"
	WaitedForLock      State = "a load that waited for another's lock"
	LoadRolledBack     State = "a load that was rolled back because its client was gone"
	OrphanLeft         State = "an upload left open that no journal could know"
	GaveUp             State = "a run that said that it failed"
	CalmNeeded         State = "work done only when nothing went wrong any more"

	KilledUnrecorded    State = "killed when an object was copied, before the ledger had it"
	KilledInDoubt       State = "killed when the ledger had forgotten an object, before its new copy was made"
	KilledInLedger      State = "killed while the ledger of copies was written"
	LedgerFull          State = "no room on the disk for the ledger of copies"
	ReplacedSinceListed State = "an object replaced between its listing and its copy"
	ReplacedListed      State = "a source object replaced while its prefix was listed"
	StaleSource         State = "an old listing of the source believed"
	LeftAlone           State = "an object left alone because of what the ledger of an earlier life has"
	KilledInRemoval     State = "killed when an object was removed at the target, before it was known"
	RemovalLost         State = "answer to the removal of an object lost"
	KeptAtTarget        State = "an object kept at the target because the source has got it since it was listed"
)

// States returns the states that runs of a [Move] can reach.
func States() []State {
	return slices.Clone(states)
}

// SyncStates returns the states that runs of a [bridge.Sync] can reach, beside those
// of its copies.
func SyncStates() []State {
	return []State{KilledUnrecorded, KilledInDoubt, KilledInLedger, LedgerFull, ReplacedSinceListed, ReplacedListed, StaleSource, LeftAlone, KilledInRemoval, RemovalLost, KeptAtTarget}
}

var states = []State{
	KilledInUnload, KilledInCopy, KilledAtCommit, CommitLost, CommitUnsent, LedgerLost, CopyLost, UnloadLost, LockLost, KilledInDefine,
	KilledAtCreate, KilledAtPart, KilledInPart, KilledAtComplete, CreateLost, CompleteLost, PartLost, PartCut, PartFlipped, ReadFlipped, ReadCut,
	ManifestKilled, ManifestFlipped, KilledInRecord, KilledInJournal, RecordFull, JournalFull, CrashLost, ReaderRotated, WriterRotated,
	PasswordRotated, SourceReplaced, StaleParts, StaleFiles, RivalCalled, RivalLoaded, CopyAborted, CommitAborted, UnloadAborted, SubmitLost,
	SubmitThrottled, PollLost, Overloaded, LoadedAlready, PartsReused, ResumedUnloaded, ResumedTransferred, UnloadedAgain, CopyRestarted,
	OutlivedItsClient, WaitedForLock, LoadRolledBack, OrphanLeft, GaveUp, CalmNeeded,
}

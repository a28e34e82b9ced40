package sim

import (
	"strings"

	"github.com/redferry/redferry/pipeline"
)

// fault is told what goes wrong at a boundary.
func (o *observer) fault(k *ticket, kind Kind) {
	if kind == "" {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range statesOf(k, kind) {
		o.reached[s]++
	}
}

// statesOf are the rare states that a fault is.
func statesOf(k *ticket, kind Kind) []State {
	switch about := k.about.(type) {
	case *request:
		if about.s3() {
			return one(s3States[about.action], kind, about)
		}
		return append(statementStates(about.sql, about.label, kind), apiStates(k.class, kind)...)
	case *message:
		return append(statementStates(about.sql, about.label, kind), dialStates(k.class, kind)...)
	}
	return diskStates(k.at.Op, kind)
}

func one(byKind map[Kind]State, kind Kind, r *request) []State {
	s, ok := byKind[kind]
	switch {
	case r.action == "ListObjectsV2" && r.server == "s3.a" && kind == StaleListing:
		s = StaleSource
	case r.action == "PutObject" && !strings.HasSuffix(r.key, ".manifest"):
		ok = false
	case kind == RetryAfter:
		s, ok = Overloaded, true
	case kind == RotateKey && r.server == "s3.a":
		s, ok = ReaderRotated, true
	case kind == RotateKey:
		s, ok = WriterRotated, true
	case kind == ReplaceSource && r.action == "ListObjectsV2":
		s, ok = ReplacedListed, true
	case kind == ReplaceSource:
		s, ok = SourceReplaced, true
	case kind == SecondRunner:
		s, ok = RivalCalled, true
	}
	if !ok {
		return nil
	}
	return []State{s}
}

var s3States = map[string]map[Kind]State{
	"CreateMultipartUpload":   {KillAfter: KilledAtCreate, LostAfter: CreateLost},
	"CompleteMultipartUpload": {KillAfter: KilledAtComplete, LostAfter: CompleteLost},
	"UploadPart":              {KillAfter: KilledAtPart, KillDuring: KilledInPart, LostAfter: PartLost, CutBody: PartCut, FlipBit: PartFlipped},
	"GetObject":               {CutBody: ReadCut, FlipBit: ReadFlipped},
	"DeleteObject":            {KillAfter: KilledInRemoval, LostAfter: RemovalLost},
	"PutObject":               {KillAfter: ManifestKilled, FlipBit: ManifestFlipped},
	"ListParts":               {StaleListing: StaleParts},
	"ListObjectsV2":           {StaleListing: StaleFiles},
}

// statementStates are those of a statement over either wire.
func statementStates(sql, label string, kind Kind) []State {
	word := command(sql)
	if strings.HasPrefix(label, "record load") {
		word = "LEDGER"
	}
	if word == "COMMIT" && label != "commit load" {
		return nil
	}
	if word == "CREATE" && kind.kills() {
		return []State{KilledInDefine}
	}
	if s, ok := sqlStates[word][kind]; ok {
		return []State{s}
	}
	return nil
}

var sqlStates = map[string]map[Kind]State{
	"UNLOAD": {KillDuring: KilledInUnload, KillAfter: KilledInUnload, LostAfter: UnloadLost, EngineError: UnloadAborted},
	"COPY":   {KillDuring: KilledInCopy, KillAfter: KilledInCopy, LostAfter: CopyLost, EngineError: CopyAborted},
	"COMMIT": {KillDuring: KilledAtCommit, KillAfter: KilledAtCommit, LostAfter: CommitLost, LostBefore: CommitUnsent, EngineError: CommitAborted},
	"LEDGER": {LostAfter: LedgerLost},
	"LOCK":   {LostAfter: LockLost},
}

func apiStates(class Class, kind Kind) []State {
	switch {
	case class == Submit && kind == LostAfter:
		return []State{SubmitLost}
	case class == Submit && kind == Throttled:
		return []State{SubmitThrottled}
	case class == Poll && kind == LostAfter:
		return []State{PollLost}
	case kind == SecondRunner:
		return []State{RivalCalled}
	}
	return nil
}

func dialStates(class Class, kind Kind) []State {
	switch {
	case class == Dial && kind == RotateKey:
		return []State{PasswordRotated}
	case kind == SecondRunner:
		return []State{RivalCalled}
	}
	return nil
}

func diskStates(op string, kind Kind) []State {
	journal, ledger := strings.Contains(op, "journal"), strings.Contains(op, ledgerDir)
	switch {
	case kind.kills() && ledger:
		return []State{KilledInLedger}
	case kind == DiskFull && ledger:
		return []State{LedgerFull}
	case kind.kills() && journal:
		return []State{KilledInJournal}
	case kind.kills():
		return []State{KilledInRecord}
	case kind == DiskFull && journal:
		return []State{JournalFull}
	case kind == DiskFull:
		return []State{RecordFull}
	case kind == SecondRunner:
		return []State{RivalCalled}
	}
	return nil
}

// reported is told what a Move's program reports.
func (w *World) reported(p *Process, report *pipeline.Report) {
	if !p.isDead() {
		w.believe(p, report)
	}
	for i := range report.Tables {
		t := &report.Tables[i]
		for _, s := range tableStates(t) {
			w.reach(s)
		}
		if t.Already && w.rivals() {
			w.reach(RivalLoaded)
		}
	}
	if report.Err() != nil && !p.isDead() {
		w.reach(GaveUp)
	}
}

func tableStates(t *pipeline.TableReport) []State {
	var reached []State
	if t.Already {
		reached = append(reached, LoadedAlready)
	}
	if t.Resumed == pipeline.Unload {
		reached = append(reached, ResumedUnloaded)
	}
	if t.Resumed == pipeline.Transfer {
		reached = append(reached, ResumedTransferred)
	}
	for _, f := range t.Files {
		if f.Resumed > 0 {
			reached = append(reached, PartsReused)
		}
	}
	return reached
}

func (w *World) rivals() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.started) > 1
}

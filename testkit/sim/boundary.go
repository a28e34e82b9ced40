package sim

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A Boundary is a place where a process meets the world: a request, an answer, a
// connection, or an operation on its disk. Equal runs have equal boundaries.
type Boundary struct {
	Process string // the runner and its life: "1.2" is the second life of the first
	Op      string // "s3.b UploadPart stage/t/000.parquet part 2"
	N       int    // counts the boundaries of one process with the same Op, from 1
}

// String returns the form that [ParseFaults] reads.
func (b Boundary) String() string { return b.Process + " " + b.Op + " #" + strconv.Itoa(b.N) }

// A Class says what kind of boundary it is, and so what can go wrong there.
type Class uint8

// The classes of boundaries.
const (
	Answer   Class = iota // the answer to a request; it only takes its turn
	Read                  // an S3 request whose answer has a body
	Write                 // an S3 request with a body
	Listing               // a listing of S3, of objects, uploads or parts
	Control               // any other S3 request
	Secret                // a request to Secrets Manager
	Submit                // a Data API request that starts a statement
	Poll                  // any other Data API request
	Dial                  // a connection to a warehouse
	Query                 // a message on such a connection
	DiskOp                // an operation on the disk
	numClass = iota
)

// A Fault is one thing that goes wrong at one boundary.
type Fault struct {
	At   Boundary
	Kind Kind
}

// String returns the form that [ParseFaults] reads.
func (f Fault) String() string { return f.At.String() + "=" + string(f.Kind) }

// FormatFaults writes faults so that [ParseFaults] reads them.
func FormatFaults(faults []Fault) string {
	texts := make([]string, len(faults))
	for i, f := range faults {
		texts[i] = f.String()
	}
	return strings.Join(texts, "; ")
}

// ParseFaults reads what [FormatFaults] wrote.
func ParseFaults(text string) ([]Fault, error) {
	var faults []Fault
	for _, part := range strings.Split(text, ";") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		f, err := parseFault(part)
		if err != nil {
			return nil, fmt.Errorf("sim: fault %q: %w", part, err)
		}
		faults = append(faults, f)
	}
	return faults, nil
}

var errFault = errors.New(`want "<process> <operation> #<n>=<kind>"`)

func parseFault(text string) (Fault, error) {
	equals, number := strings.LastIndexByte(text, '='), strings.LastIndex(text, " #")
	process, _, ok := strings.Cut(text, " ")
	if !ok || number < len(process) || equals < number {
		return Fault{}, errFault
	}
	n, err := strconv.Atoi(text[number+2 : equals])
	if err != nil {
		return Fault{}, errFault
	}
	kind := Kind(text[equals+1:])
	if !kind.known() {
		return Fault{}, fmt.Errorf("there is no kind %q", kind)
	}
	if number == len(process) {
		return Fault{}, errFault
	}
	return Fault{At: Boundary{Process: process, Op: text[len(process)+1 : number], N: n}, Kind: kind}, nil
}

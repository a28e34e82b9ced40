package memdisk

import "fmt"

// A Kind is one of the operations of a [Process].
type Kind string

// The kinds.
const (
	Exists  Kind = "look for"
	Mkdir   Kind = "mkdir"
	Create  Kind = "create" // also a temporary file
	Write   Kind = "write"
	Sync    Kind = "fsync"
	Close   Kind = "close"
	Rename  Kind = "rename"
	Link    Kind = "link"
	Remove  Kind = "remove"
	SyncDir Kind = "fsync directory"
	Read    Kind = "read"
	ReadDir Kind = "list"
)

// Changes reports whether an operation of this kind changes what is on the disk,
// or what of it survives.
func (k Kind) Changes() bool { return k != Exists && k != Close && k != Read && k != ReadDir }

// An Op is an operation that a process is about to do.
type Op struct {
	Kind Kind
	// Path is what it is done to, as the process says it. For a temporary file that
	// is to be created, it is the pattern of its name.
	Path string
	// To is the new path, of a Rename or a Link.
	To string
	// Size is the number of bytes, of a Write.
	Size int
}

// String is the operation for people, and for traces: it is the same in every
// run that does the same.
func (op Op) String() string {
	switch op.Kind {
	case Rename, Link:
		return fmt.Sprintf("%s %s to %s", op.Kind, op.Path, op.To)
	case Write:
		return fmt.Sprintf("%s %d bytes to %s", op.Kind, op.Size, op.Path)
	default:
		return fmt.Sprintf("%s %s", op.Kind, op.Path)
	}
}

package rsql

// The SQLSTATEs of this package that are used more than once.
const (
	syntaxError       = "42601"
	unsupported       = "0A000"
	invalidParameter  = "22023"
	invalidTable      = "42P16"
	duplicateColumn   = "42701"
	undefinedColumn   = "42703"
	undefinedType     = "42704"
	invalidForeignKey = "42830"
	internalError     = "XX000"
)

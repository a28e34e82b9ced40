package rsql

import "strings"

// CheckBlock refuses a statement that cannot run in a transaction block, with
// SQLSTATE 25001. Source: Database Developer Guide, the pages of the commands.
// [Truncate] may, and commits the block.
func CheckBlock(s Statement) error {
	name := ""
	switch s := s.(type) {
	case *Vacuum:
		name = "VACUUM"
	case *AlterTable:
		switch s.Action.(type) {
		case Append:
			name = "ALTER TABLE APPEND"
		case AlterType:
			name = "ALTER TABLE ALTER COLUMN TYPE"
		}
	case *Other:
		if verb, object, _ := strings.Cut(s.Keyword, " "); object == "DATABASE" && verb != "SHOW" || object == "EXTERNAL TABLE" {
			name = s.Keyword
		}
	}
	if name == "" {
		return nil
	}
	return refuse("25001", name+" cannot run inside a transaction block")
}

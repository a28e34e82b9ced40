package ddl

import (
	"fmt"

	"github.com/redferry/redferry"
)

// A MissingError says that a foreign key refers to a table that is not in the
// catalog. Select that table, too, or set [PlanOptions.DropMissing].
type MissingError struct {
	Table      redferry.Table // has the foreign key
	ForeignKey string
	Needs      redferry.Table // is not in the catalog
}

// Error names both tables and says what to do.
func (e *MissingError) Error() string {
	return fmt.Sprintf("ddl: plan: foreign key %s of table %s refers to table %s, which is not selected: select it or drop such foreign keys",
		redferry.Quote(e.ForeignKey), e.Table, e.Needs)
}

// A NameError says that a table cannot have the name that it would get.
type NameError struct {
	Source, Target redferry.Table
	Err            error
}

// Error names the table, the name and what is wrong with it.
func (e *NameError) Error() string {
	return fmt.Sprintf("ddl: plan: table %s cannot become %s: %v", e.Source, e.Target, e.Err)
}

// Unwrap returns the cause.
func (e *NameError) Unwrap() error { return e.Err }

// A StepError says that one step of a plan failed.
type StepError struct {
	Step Step
	// Doing is what failed: "begin", "create", "drop", "look at".
	Doing string
	Err   error
}

// Error names the step and the cause.
func (e *StepError) Error() string {
	return fmt.Sprintf("ddl: apply: %s %s: %v", e.Doing, e.Step.Name, e.Err)
}

// Unwrap returns the cause: an error of the executor, or one that wraps
// [fs.ErrExist] where something is in the way.
//
// [fs.ErrExist]: https://pkg.go.dev/io/fs#ErrExist
func (e *StepError) Unwrap() error { return e.Err }

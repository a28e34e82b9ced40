// Package guard makes statements that fail unless a condition holds. A batch of
// statements, which is one transaction, branches with them: the one that fails
// takes the whole batch with it.
package guard

import (
	"errors"

	"github.com/redferry/redferry/exec"
)

// SQL returns a query that divides by zero unless condition holds; a condition
// that is NULL does not hold. from, if not empty, is what follows the select
// list; condition must then be made of aggregates, because the query of no rows
// would divide nothing.
//
// The CASE is the divisor. The other way round, with 1/0 in a branch, the leader
// node may compute that constant while it plans, and the query fails always.
func SQL(condition, from string) string {
	sql := "SELECT 1 / CASE WHEN " + condition + " THEN 1 ELSE 0 END AS holds"
	if from != "" {
		sql += " " + from
	}
	return sql
}

// Refused reports whether err is what the warehouse answers to a guard whose
// condition does not hold: division by zero. Whether it came from a guard, and
// from which, only the number of the statement can tell.
func Refused(err error) bool {
	refused, ok := errors.AsType[*exec.Error](err)
	return ok && refused.SQLState == "22012" && !exec.OutcomeUnknown(err)
}

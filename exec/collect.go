package exec

import (
	"errors"
	"iter"
)

// The errors of [One] and [Scalar].
var (
	ErrNoRows   = errors.New("exec: no rows")
	ErrManyRows = errors.New("exec: more than one row")
)

// Each ranges over rows and closes them at the end of the loop, however it
// ends. The error of a row, and the error that ends the rows, comes with the
// zero T and is the last pair.
func Each[T any](rows *Rows, scan func(*Rows) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		defer func() { _ = rows.Close() }() // an early end gives up what is left
		for rows.Next() {
			v, err := scan(rows)
			if err != nil {
				var zero T
				yield(zero, err)
				return
			}
			if !yield(v, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			var zero T
			yield(zero, err)
		}
	}
}

// Collect returns all rows, in their order, and closes rows.
func Collect[T any](rows *Rows, scan func(*Rows) (T, error)) ([]T, error) {
	var all []T
	for v, err := range Each(rows, scan) {
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// One returns the only row and closes rows. It returns [ErrNoRows] or
// [ErrManyRows] if there is not exactly one.
func One[T any](rows *Rows, scan func(*Rows) (T, error)) (T, error) {
	var one, zero T
	n := 0
	for v, err := range Each(rows, scan) {
		if err != nil {
			return zero, err
		}
		if n++; n > 1 {
			return zero, ErrManyRows
		}
		one = v
	}
	if n == 0 {
		return zero, ErrNoRows
	}
	return one, nil
}

// Scalar returns the only column of the only row and closes rows; see [One].
func Scalar[T any](rows *Rows) (T, error) { return One(rows, Cell[T]) }

// Cell scans a row of one column, as in Collect(rows, Cell[string]).
func Cell[T any](rows *Rows) (T, error) {
	var v T
	err := rows.Scan(&v)
	return v, err
}

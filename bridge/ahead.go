package bridge

import (
	"cmp"
	"context"
	"iter"
)

// chunk is how much is read ahead, at most twice over.
const chunk = 1000

// ahead reads from what list returns in another goroutine, while what it has read is used.
// What ends with ctx ends with an error: it is not the end of the list. The context of list
// ends when nobody wants any more, too: a request that is under way does not hold that up.
func ahead[T any](ctx context.Context, list func(context.Context) iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		reading, cancel := context.WithCancel(ctx)
		pages := make(chan page[T])
		ended := make(chan struct{})
		defer func() { cancel(); <-ended }()
		go func() {
			defer close(ended)
			defer close(pages)
			paginate(reading, list(reading), pages)
		}()
		var err error
		for p := range pages {
			for _, item := range p.items {
				if !yield(item, nil) {
					return
				}
			}
			if p.end {
				return
			}
			err = p.err
		}
		var none T
		yield(none, cmp.Or(err, context.Cause(ctx)))
	}
}

// A page is what was read at a time.
type page[T any] struct {
	items []T
	err   error // the last page has it, or says that it is the end
	end   bool
}

// paginate sends what seq yields, as long as ctx lasts.
func paginate[T any](ctx context.Context, seq iter.Seq2[T, error], pages chan<- page[T]) {
	items := make([]T, 0, chunk)
	for item, err := range seq {
		if err != nil {
			offer(ctx, pages, page[T]{items: items, err: err})
			return
		}
		if items = append(items, item); len(items) == chunk {
			if !offer(ctx, pages, page[T]{items: items}) {
				return
			}
			items = make([]T, 0, chunk)
		}
	}
	offer(ctx, pages, page[T]{items: items, end: true})
}

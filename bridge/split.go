package bridge

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/sync/errgroup"

	"github.com/redferry/redferry"
)

// Split finds at most n-1 keys, below prefix and in ascending order, that cut what is
// listed there into about n ranges of about the same number of keys, for [Sync.Split].
// It returns none if n is less than 2 or there is nothing to cut.
//
// It walks down the tree that the characters of the keys make, one level after the
// other, until that has twice as many branches as there are to be ranges, and takes it
// that all of these hold as many keys. That is a guess: if one name among many at
// the same level holds nearly all keys, so does one of the ranges.
//
// Each branch costs a request or two for one key. At most 64 + 32n requests are made, up
// to 2n of them at a time. Where those do not do, as with hundreds of different characters
// in one place, the ranges get less even. No listing is cut wrongly: what the
// keys are, and whether they still exist, changes nothing but how long it takes.
func (l *Lister) Split(ctx context.Context, prefix redferry.URI, n int) ([]string, error) {
	if n < 2 {
		return nil, nil
	}
	s := &survey{list: l, prefix: prefix, left: 64 + 32*n}
	first, ok, err := s.next(ctx, prefix.Key, "") // not that which is the prefix itself
	if err != nil || !ok {
		return nil, err
	}
	branches := []branch{{first: first, weight: 1}}
	for more := true; more && len(branches) < 2*n; {
		if branches, more, err = s.grow(ctx, branches); err != nil {
			return nil, err
		}
	}
	return cuts(branches, n), nil
}

// A branch stands for all keys that begin with its name. All are below the prefix.
type branch struct {
	name   string
	first  string // the first of the keys
	weight int    // how many keys it is taken to have, as a multiple of some number
	single bool   // it cannot be divided
}

// cuts returns at most n-1 names at which branches are to be cut.
func cuts(branches []branch, n int) []string {
	total, before := 0, 0
	for _, b := range branches {
		total += b.weight
	}
	var keys []string
	next := 1 // of the n-1 places where a cut would be best
	for _, b := range branches {
		if before*n >= next*total {
			keys = append(keys, b.name)
			next = before*n/total + 1
		}
		before += b.weight
	}
	return keys
}

// A survey asks for single keys, as long as it may.
type survey struct {
	list   *Lister
	prefix redferry.URI
	left   int // requests that it may still make
}

// errSpent ends what a survey has no requests left for.
var errSpent = errors.New("no requests are left")

// grow divides each branch, and reports whether doing so again may bring more. What it
// had not the requests for is taken to be like the others.
func (s *survey) grow(ctx context.Context, branches []branch) (grown []branch, more bool, err error) {
	found, err := s.divideAll(ctx, branches)
	if err != nil {
		return nil, false, err
	}
	more = true
	divided, parts := 0, 0
	var whole []int // the branches in grown for which there were too few requests
	for i, f := range found {
		more = more && !f.spent
		if len(f.parts) > 0 {
			divided, parts = divided+1, parts+len(f.parts)
			grown = append(grown, f.parts...)
			continue
		}
		if f.spent {
			whole = append(whole, len(grown))
		}
		b := branches[i]
		b.single = !f.spent
		grown = append(grown, b)
	}
	for _, i := range whole {
		grown[i].weight = max(1, parts/max(1, divided))
	}
	return grown, more && divided > 0, nil
}

// A division is what became of a branch.
type division struct {
	parts []branch // none if it is one key, or if there were too few requests
	spent bool     // there would be more
	used  int
}

// divideAll divides branches at the same time, each with the same share of requests, so
// that what comes of it does not depend on which is faster.
func (s *survey) divideAll(ctx context.Context, branches []branch) ([]division, error) {
	found := make([]division, len(branches))
	share := s.left / len(branches)
	group, ctx := errgroup.WithContext(ctx)
	for i, b := range branches {
		if b.single {
			continue
		}
		group.Go(func() error {
			own := survey{list: s.list, prefix: s.prefix, left: share}
			parts, err := own.divide(ctx, b)
			found[i] = division{parts: parts, spent: err == errSpent, used: share - own.left}
			if err == errSpent {
				return nil
			}
			return err
		})
	}
	err := group.Wait()
	for _, f := range found {
		s.left -= f.used
	}
	return found, err
}

// divide returns the parts of a branch: its keys by the character with which they
// go on behind what all have in common. One that has a single key, or looks like it,
// has no parts. With errSpent it returns the first ones, if it has come that far.
func (s *survey) divide(ctx context.Context, b branch) ([]branch, error) {
	stem, second, err := s.fork(ctx, &b)
	if err != nil || second == "" {
		return nil, err
	}
	part := func(key string) branch {
		_, size := utf8.DecodeRuneInString(key[len(stem):])
		return branch{name: key[:len(stem)+size], first: key, weight: 1}
	}
	parts := []branch{part(b.first), part(second)}
	for {
		key, ok, err := s.behind(ctx, parts[len(parts)-1].name, stem)
		if err != nil || !ok {
			return parts, err
		}
		parts = append(parts, part(key))
	}
}

// fork returns what the keys of a branch have in common, and the first key behind those
// that go on from there as the first does; none if there is no fork. A key that is the
// beginning of all others is left out: b.first moves behind it.
func (s *survey) fork(ctx context.Context, b *branch) (stem, second string, err error) {
	for name := b.name; ; name = b.first {
		if b.first == name {
			key, ok, err := s.next(ctx, s.prefix.Key+name, name)
			if err != nil || !ok {
				return "", "", err
			}
			b.first = key
		}
		// All keys begin with b.first[:low], and have b.first[:high] in common at most.
		low, high := len(name), len(b.first)
		for at := character(b.first, low); low < high; at = character(b.first, (low+high)/2) {
			key, ok, err := s.behind(ctx, b.first[:at], name)
			switch {
			case err != nil:
				return "", "", err
			case ok:
				second, high = key, common(b.first, key)
			default:
				low = at
			}
		}
		if second != "" {
			return b.first[:high], second, nil
		}
	}
}

// character returns the end of the first character of key that ends behind at.
func character(key string, at int) int {
	for at++; at < len(key) && !utf8.RuneStart(key[at]); at++ {
	}
	return at
}

// common returns how many bytes two keys have in common, in whole characters.
func common(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	for n < len(a) && !utf8.RuneStart(a[n]) {
		n--
	}
	return n
}

// behind returns the first key that begins with stem and lies behind all that begin
// with name, which begins with stem and has more. It passes over a key that is the
// name of the next branch itself, which is one key.
func (s *survey) behind(ctx context.Context, name, stem string) (key string, ok bool, err error) {
	last, size := utf8.DecodeLastRuneInString(name)
	switch last {
	case utf8.MaxRune:
		return "", false, nil
	case 0xd7ff:
		last = 0xdfff // what lies between are surrogates, which UTF-8 has not
	}
	return s.next(ctx, s.prefix.Key+name[:len(name)-size]+string(last+1), stem)
}

// next returns the first key behind after, which is a whole one, if it begins with stem.
// It takes a key that is not UTF-8 for none, because nothing can be told behind it.
func (s *survey) next(ctx context.Context, after, stem string) (key string, ok bool, err error) {
	if s.left == 0 {
		return "", false, errSpent
	}
	s.left--
	for object, err := range s.list.list(ctx, s.prefix, after, aws.Int32(1)) {
		if err != nil {
			return "", false, err
		}
		key = object.URI.Key
		break
	}
	key, ok = strings.CutPrefix(key, s.prefix.Key)
	return key, ok && key != "" && strings.HasPrefix(key, stem) && utf8.ValidString(key), nil
}

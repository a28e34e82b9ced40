package bridge

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync/atomic"
	"time"

	"github.com/redferry/redferry/internal/crc64"
)

// errStalled is the cause with which a transfer that stands still is ended.
var errStalled = errors.New("no byte moved for too long")

// A stream is the body of a GET on its way to be the body of a PUT. It counts
// and sums what passes, and withholds the last bytes of a body that turns out to
// be short, long or corrupted, so that the PUT fails rather than stores it.
//
// One goroutine of the HTTP transport reads it. The results are atomic because
// that goroutine may outlive a PUT that failed.
type stream struct {
	ctx       context.Context // of the flow, for whose life it is read
	body      io.Reader
	size      int64
	want      *stored     // nil for a part, which has nothing to compare with
	other     hash.Hash   // nil if nothing but the CRC is needed
	bandwidth *Bandwidth  // nil if there is no limit
	stall     *time.Timer // put off by each byte; it stands still while bytes wait for their bandwidth
	limit     time.Duration
	watch     watch
	meter     *tryMeter

	count  int64
	crc    uint64
	result atomic.Pointer[sums]
	broken atomic.Pointer[error]
}

// sums are the checksums of a stream that was read to its end.
type sums struct {
	crc   uint64
	other []byte // nil if none was asked for
	level Level  // against what the source stores
}

func (s *stream) Read(p []byte) (int, error) {
	n, err := s.body.Read(s.bandwidth.room(p))
	if n > 0 {
		if slow := s.slow(n); slow != nil {
			s.broken.Store(&slow)
			return 0, slow
		}
		s.stall.Reset(s.limit)
		s.crc = crc64.Update(s.crc, p[:n])
		if s.other != nil {
			s.other.Write(p[:n])
		}
		s.count += int64(n)
		s.meter.move(n)
		if s.count < s.size && s.watch.straggles(s.count, s.size) {
			s.broken.Store(&errStraggling)
			return 0, errStraggling
		}
	}
	switch {
	case s.count > s.size:
		err = fmt.Errorf("the source sent more than the %d bytes it announced", s.size)
	case s.count == s.size && n > 0:
		if finish := s.finish(); finish != nil {
			err = finish
		}
	case err == io.EOF && s.count < s.size:
		err = io.ErrUnexpectedEOF
	}
	if err != nil && err != io.EOF {
		s.broken.Store(&err)
		return 0, err
	}
	return n, err
}

// slow holds n bytes up until there is bandwidth for them.
func (s *stream) slow(n int) error {
	if s.bandwidth == nil {
		return nil
	}
	s.stall.Stop()
	if s.bandwidth.Rate() > 0 { // what is held back on purpose straggles for no fault of its connection
		s.watch.pause()
	}
	return s.bandwidth.wait(s.ctx, n)
}

// finish compares a whole object and publishes its sums.
func (s *stream) finish() error {
	result := sums{crc: s.crc}
	if s.other != nil {
		result.other = s.other.Sum(nil)
	}
	if s.want != nil {
		level, err := s.want.check(result.crc, result.other)
		if err != nil {
			return err
		}
		result.level = level
	}
	s.result.Store(&result)
	return nil
}

// failure returns what broke the read, if it was the read that broke.
func (s *stream) failure() error {
	if err := s.broken.Load(); err != nil {
		return *err
	}
	return nil
}

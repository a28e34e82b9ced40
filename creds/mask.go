package creds

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// A Mask replaces secrets in text by "REDACTED": those it was told of, and
// whatever looks like an access key of AWS. It is the second line of defence
// after [Secret], for text that others make. The zero Mask is ready to use; it
// is safe for concurrent use.
type Mask struct {
	mu      sync.RWMutex // guards secrets
	secrets []string     // the longest first, since one may be part of another
}

// minSecret is the shortest secret that a Mask looks for, in bytes: replacing
// shorter ones would spoil the text and give them away.
const minSecret = 4

// secretKeyLength is that of the secret of an access key.
const secretKeyLength = 40

var (
	keyID  = regexp.MustCompile(`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`)
	base64 = regexp.MustCompile(`[A-Za-z0-9/+]+`) // whole runs, so that two side by side are both found
)

// Add makes m look for these secrets, too. Secrets of less than 4 bytes are left
// out.
func (m *Mask) Add(secrets ...Secret) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range secrets {
		if len(s.Reveal()) >= minSecret {
			m.secrets = append(m.secrets, s.Reveal())
		}
	}
	slices.SortFunc(m.secrets, func(a, b string) int { return len(b) - len(a) })
}

// Text returns text with all secrets replaced. An access key's secret is any run
// of 40 characters of base64 that has upper case, lower case and digits: it
// may hide an innocent word now and then.
func (m *Mask) Text(text string) string {
	m.mu.RLock()
	for _, s := range m.secrets {
		text = strings.ReplaceAll(text, s, redacted)
	}
	m.mu.RUnlock()
	text = keyID.ReplaceAllString(text, redacted)
	return base64.ReplaceAllStringFunc(text, func(run string) string {
		if len(run) == secretKeyLength && isMixed(run) {
			return redacted
		}
		return run
	})
}

// isMixed tells a secret key from the hash of a commit and the like.
func isMixed(s string) bool {
	return strings.ContainsAny(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") &&
		strings.ContainsAny(s, "abcdefghijklmnopqrstuvwxyz") &&
		strings.ContainsAny(s, "0123456789")
}

// Handler returns a handler that masks messages and attributes before next sees
// them. A value that is neither text nor an error is replaced as a whole if its
// printed form or its JSON holds a secret.
func (m *Mask) Handler(next slog.Handler) slog.Handler {
	return &maskHandler{mask: m, next: next}
}

type maskHandler struct {
	mask *Mask
	next slog.Handler
}

var _ slog.Handler = (*maskHandler)(nil)

func (h *maskHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

func (h *maskHandler) Handle(ctx context.Context, r slog.Record) error {
	masked := slog.NewRecord(r.Time, r.Level, h.mask.Text(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		masked.AddAttrs(h.mask.attr(a))
		return true
	})
	return h.next.Handle(ctx, masked)
}

func (h *maskHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &maskHandler{mask: h.mask, next: h.next.WithAttrs(h.mask.attrs(attrs))}
}

func (h *maskHandler) WithGroup(name string) slog.Handler {
	return &maskHandler{mask: h.mask, next: h.next.WithGroup(name)}
}

func (m *Mask) attrs(attrs []slog.Attr) []slog.Attr {
	masked := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		masked[i] = m.attr(a)
	}
	return masked
}

func (m *Mask) attr(a slog.Attr) slog.Attr {
	value := a.Value.Resolve()
	switch value.Kind() {
	case slog.KindString:
		value = slog.StringValue(m.Text(value.String()))
	case slog.KindGroup:
		value = slog.GroupValue(m.attrs(value.Group())...)
	case slog.KindAny:
		value = m.value(value)
	}
	return slog.Attr{Key: m.Text(a.Key), Value: value}
}

func (m *Mask) value(v slog.Value) slog.Value {
	printed := fmt.Sprintf("%+v", v.Any())
	masked := m.Text(printed)
	if masked != printed {
		return slog.StringValue(masked)
	}
	// JSON shows what a pointer leads to, and escapes it.
	if text, err := json.Marshal(v.Any()); err == nil && m.Text(string(text)) != string(text) {
		return slog.StringValue(redacted)
	}
	return v
}

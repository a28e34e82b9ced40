package wire

import "strings"

// Terse makes one line of what a warehouse says of an error. Redshift adds to
// some of its messages a block that says the message again, with a code and
// with the context in which it arose, on lines of dashes and colons; of that,
// the context is kept. Any other text has its line ends folded.
func Terse(message, detail string) string {
	if before, block, ok := strings.Cut(message, "\n"); ok && isBlock(block) {
		message, detail = strings.TrimSuffix(before, "Detail:"), block
	}
	text := fold(message)
	if isBlock(detail) {
		detail = blockContext(detail)
	}
	if detail = fold(detail); detail != "" && !strings.Contains(text, detail) {
		text += " (" + detail + ")"
	}
	return text
}

func isBlock(text string) bool {
	return strings.Contains(text, "\n  code:") || strings.Contains(text, "-----")
}

// blockContext returns the last context of a block that says anything: a block may
// hold another, of the error that caused it.
func blockContext(block string) string {
	context := ""
	for line := range strings.Lines(block) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "context:"); ok && strings.TrimSpace(value) != "" {
			context = strings.TrimSpace(value)
		}
	}
	return context
}

func fold(text string) string { return strings.Join(strings.Fields(text), " ") }

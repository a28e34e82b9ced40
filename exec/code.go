package exec

import "strings"

// ParseCode finds Redshift's own error number in the message or the detail of an
// error: Redshift reports most of what goes wrong in its engine as SQLSTATE
// XX000 and puts the number into the text, as "1023 DETAIL: Serializable
// isolation violation", "code:      8001" or "Error Code 34510". It returns ""
// if there is none. The forms are those seen in public reports; none is
// documented.
func ParseCode(text string) string {
	rest := strings.TrimSpace(text)
	rest = strings.TrimSpace(strings.TrimPrefix(rest, "ERROR:"))
	if code := leadingCode(rest); code != "" {
		if next := strings.ToLower(strings.TrimSpace(rest[len(code):])); next == "" || strings.HasPrefix(next, "detail") {
			return code
		}
	}
	for lower := strings.ToLower(rest); ; {
		i := strings.Index(lower, "code")
		if i < 0 {
			return ""
		}
		word := i == 0 || !isLetter(lower[i-1])
		lower = lower[i+len("code"):]
		if code := leadingCode(strings.TrimLeft(lower, " \t:")); word && code != "" {
			return code
		}
	}
}

// leadingCode returns the number of 3 to 5 digits that text begins with and that
// ends there.
func leadingCode(text string) string {
	n := 0
	for n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	if n < 3 || n > 5 || n < len(text) && (isLetter(text[n]) || text[n] == '.' || text[n] == '-') {
		return ""
	}
	return text[:n]
}

func isLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}

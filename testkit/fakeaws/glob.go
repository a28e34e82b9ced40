package fakeaws

// glob reports whether s matches pattern, in which * stands for any text, also
// an empty one or one with slashes and colons, and ? for one byte.
func glob(pattern, s string) bool {
	p, i := 0, 0
	star, from := -1, 0 // the last * and where its text ends so far
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			from++
			p, i = star+1, from
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

package rsql

import (
	"strings"

	"github.com/redferry/redferry"
)

// An option reads what follows the first word of one option, in upper case,
// and reports whether there is such an option.
type option func(word string) bool

// given are the first words of the options that a statement has, in order.
type given []string

func (g given) has(word string) bool {
	for _, w := range g {
		if w == word {
			return true
		}
	}
	return false
}

// options reads the options of UNLOAD or COPY to the end, each once. A format
// written without FORMAT counts as FORMAT.
func (p *parser) options(read option) given {
	var words given
	for !p.done() {
		word := p.upper()
		key := word
		switch Format(word) {
		case CSV, Parquet, JSON, ORC, Avro, Shapefile:
			key = "FORMAT"
		}
		if words.has(key) {
			p.fail(syntaxError, "conflicting or redundant options")
			return nil
		}
		words = append(words, key)
		if p.err == nil && !read(word) {
			p.back()
			p.unexpected()
		}
	}
	return words
}

// refuseOptions refuses those of words that were given.
func (p *parser) refuseOptions(g given, format string, words ...string) {
	for _, word := range words {
		if g.has(word) {
			p.fail(unsupported, format, strings.TrimSuffix(word+nullAs(word), " "))
			return
		}
	}
}

func nullAs(word string) string {
	if word == "NULL" {
		return " AS"
	}
	return ""
}

// location takes 's3://bucket/key'.
func (p *parser) location() redferry.URI {
	text := p.literal()
	uri, err := redferry.ParseURI(text)
	if err != nil && p.err == nil {
		p.failCode(internalError, 8001, "The S3 path "+text+" is not valid: it must be s3://bucket/prefix")
	}
	return uri
}

// badCredentials are Redshift's words for an authorization that it cannot read,
// and for none.
const badCredentials = "Invalid credentials. Must be of the format: credentials 'aws_iam_role=...' or " +
	"'aws_access_key_id=...;aws_secret_access_key=...[;token=...]'"

// authorization reads what follows IAM_ROLE, CREDENTIALS, ACCESS_KEY_ID and their
// like. Only IAM_ROLE is documented today, so only that is taken, although live
// warehouses have been seen to take keys; no error repeats a key.
func (p *parser) authorization(word string, roles *[]string) bool {
	switch word {
	case "IAM_ROLE":
		*roles = p.roles()
	case "CREDENTIALS", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN":
		p.fail(unsupported, "%s is not supported: IAM_ROLE is the only authorization", word)
	default:
		return false
	}
	return true
}

// isRoleARN reports whether s is arn:aws:iam::123456789012:role/name, in any partition.
func isRoleARN(s string) bool {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) < 6 || strings.ContainsRune(s, ' ') {
		return false
	}
	account := parts[4]
	return parts[0] == "arn" && strings.HasPrefix(parts[1], "aws") && parts[2] == "iam" && parts[3] == "" &&
		len(account) == 12 && strings.Trim(account, "0123456789") == "" && len(parts[5]) > len("role/") &&
		strings.HasPrefix(parts[5], "role/")
}

// roles takes DEFAULT, 'SESSION' or one ARN or a chain of them without blanks.
func (p *parser) roles() []string {
	if p.accept("default") {
		return []string{"default"}
	}
	text := p.literal()
	if text == "default" || strings.EqualFold(text, "SESSION") {
		return []string{text}
	}
	roles := strings.Split(text, ",")
	for _, role := range roles {
		if !isRoleARN(role) && p.err == nil {
			p.failCode(internalError, 8001, badCredentials)
		}
	}
	return roles
}

// needRole refuses a statement without authorization.
func (p *parser) needRole(roles []string) {
	if len(roles) == 0 && p.err == nil {
		p.failCode(internalError, 8001, badCredentials)
	}
}

// argument takes a string after an optional AS.
func (p *parser) argument() string {
	p.accept("as")
	return p.literal()
}

// character takes a string of one character after an optional AS.
func (p *parser) character(word string) string {
	s := p.argument()
	if len(s) != 1 && p.err == nil {
		p.fail(invalidParameter, "%s must be a single ASCII character", word)
	}
	return s
}

// onOff takes [ON | TRUE | OFF | FALSE]; without any it is on.
func (p *parser) onOff() bool {
	switch p.oneOf("on", "true", "off", "false") {
	case "off", "false":
		return false
	}
	return true
}

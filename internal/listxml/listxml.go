// Package listxml reads what S3 answers to ListObjectsV2, twenty times as fast as
// encoding/xml. It knows no more of XML than those answers have, and says so when it
// meets anything else, so that somebody who knows all of it can read it instead.
package listxml

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Page is an answer.
type Page struct {
	Truncated      bool // each answer says whether it is
	Next, Encoding string
	Objects        []Object
}

// An Object is an entry of it. Its strings are parts of the document, or unescaped.
type Object struct {
	Key, ETag string
	Size      int64
}

// Parse reads a document. It returns false if there is anything in it that it does
// not know; what the page holds then means nothing.
func Parse(document string) (page *Page, ok bool) {
	s := &scanner{rest: document}
	page = new(Page)
	s.prolog()
	if name, empty := s.open(); name != "ListBucketResult" || empty || s.bad {
		return nil, false
	}
	told := false
	s.children("ListBucketResult", func(name string) {
		told = told || name == "IsTruncated"
		s.field(page, name)
	})
	s.space()
	return page, told && !s.bad && s.rest == ""
}

// field reads what lies in the element name, which is open, of a page.
func (s *scanner) field(page *Page, name string) {
	switch name {
	case "Contents":
		var o Object
		s.children(name, func(name string) { s.property(&o, name) })
		page.Objects = append(page.Objects, o)
	case "IsTruncated":
		switch s.text(name) {
		case "true":
			page.Truncated = true
		case "false":
			page.Truncated = false
		default:
			s.bad = true
		}
	case "NextContinuationToken":
		page.Next = s.text(name)
	case "EncodingType":
		page.Encoding = s.text(name)
	default:
		s.skip(name)
	}
}

// property reads what lies in the element name, which is open, of an object.
func (s *scanner) property(o *Object, name string) {
	switch name {
	case "Key":
		o.Key = s.text(name)
	case "ETag":
		o.ETag = s.text(name)
	case "Size":
		size, err := strconv.ParseInt(s.text(name), 10, 64)
		s.bad = s.bad || err != nil
		o.Size = size
	default:
		s.skip(name)
	}
}

// A scanner goes through a document. Once it is bad, what it returns means nothing.
type scanner struct {
	rest string
	bad  bool
}

// declared is what an XML declaration may say here, behind "<?xml".
var declared = regexp.MustCompile(`^ version="1\.0"( encoding="(?i:utf-8)")?( standalone="(yes|no)")? ?$`)

// significant are the names of the elements that mean something.
var significant = []string{"Contents", "IsTruncated", "NextContinuationToken", "EncodingType", "Key", "ETag", "Size"}

// skip skips what lies in the element name, which is open. It is bad if that is a
// significant one, spelt in another way or in another place.
func (s *scanner) skip(name string) {
	for _, n := range significant {
		s.bad = s.bad || strings.EqualFold(n, name)
	}
	for !s.bad {
		if _ = s.chars(); strings.HasPrefix(s.rest, "</") {
			s.end(name)
			return
		}
		s.child(s.skip)
	}
}

// children calls child for each element in the element name, which is open, and
// consumes its end.
func (s *scanner) children(name string, child func(name string)) {
	for !s.bad {
		s.space()
		if strings.HasPrefix(s.rest, "</") {
			s.end(name)
			return
		}
		s.child(child)
	}
}

// child opens the element that comes next and has read read the rest of it.
func (s *scanner) child(read func(name string)) {
	opened, empty := s.open()
	if empty {
		s.rest = "</" + opened + ">" + s.rest // rare, and never in an object
	}
	if !s.bad {
		read(opened)
	}
}

// prolog skips <?xml ... ?>.
func (s *scanner) prolog() {
	if rest, ok := strings.CutPrefix(s.rest, "<?xml"); ok {
		declaration, after, ok := strings.Cut(rest, "?>")
		s.bad = !ok || !declared.MatchString(declaration)
		s.rest = after
	}
	s.space()
}

func (s *scanner) space() { s.rest = strings.TrimLeft(s.rest, " \n\t") }

// open reads <name> or <name/>, for the root also with attributes.
func (s *scanner) open() (name string, empty bool) {
	end := strings.IndexByte(s.rest, '>')
	if end < 2 || s.rest[0] != '<' {
		s.bad = true
		return "", false
	}
	tag := s.rest[1:end]
	s.rest = s.rest[end+1:]
	if tag[len(tag)-1] == '/' {
		tag, empty = tag[:len(tag)-1], true
	}
	name, attributes, _ := strings.Cut(tag, " ")
	s.bad = s.bad || attributes != "" && attributes != `xmlns="http://s3.amazonaws.com/doc/2006-03-01/"` || !plainName(name)
	return name, empty
}

func plainName(name string) bool {
	for i := range len(name) {
		if c := name[i] | 0x20; c < 'a' || c > 'z' {
			return false
		}
	}
	return name != ""
}

func (s *scanner) end(name string) {
	n := len(name)
	if len(s.rest) < n+3 || s.rest[:2] != "</" || s.rest[2:2+n] != name || s.rest[2+n] != '>' {
		s.bad = true
		return
	}
	s.rest = s.rest[n+3:]
}

// text reads the text of the element name, which is open, and its end.
func (s *scanner) text(name string) string {
	text := s.chars()
	s.end(name)
	return text
}

// chars reads text up to the next tag.
func (s *scanner) chars() string {
	end := strings.IndexByte(s.rest, '<')
	if end < 0 {
		s.bad = true
		return ""
	}
	text := s.rest[:end]
	s.rest = s.rest[end:]
	if escaped := s.check(text); s.bad || !escaped {
		return text
	}
	plain, ok := unescape(text)
	s.bad = !ok
	return plain
}

// check is bad for a text that is not as it stands what XML says it is, and reports
// whether there are escapes in it.
func (s *scanner) check(text string) (escaped bool) {
	ascii := true
	for i := range len(text) {
		switch c := text[i]; {
		case c == '&':
			escaped = true
		case c < 0x20 && c != '\t' && c != '\n', c == ']':
			s.bad = true
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	s.bad = s.bad || !ascii && (!utf8.ValidString(text) || strings.ContainsAny(text, "\ufffe\uffff"))
	return escaped
}

var entities = map[string]string{"quot": `"`, "amp": "&", "lt": "<", "gt": ">", "apos": "'", "#34": `"`, "#39": "'", "#38": "&", "#60": "<", "#62": ">", "#x22": `"`, "#xD": "\r", "#13": "\r"}

func unescape(text string) (string, bool) {
	var b strings.Builder
	b.Grow(len(text))
	for {
		before, after, found := strings.Cut(text, "&")
		b.WriteString(before)
		if !found {
			return b.String(), true
		}
		name, rest, closed := strings.Cut(after, ";")
		plain, known := entities[name]
		if !closed || !known {
			return "", false
		}
		b.WriteString(plain)
		text = rest
	}
}

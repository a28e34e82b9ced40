package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/redferry/redferry/internal/atomicfile"
	"github.com/redferry/redferry/testkit/pair"
)

// bare are the characters, next to letters and digits, that mean the same with
// and without quotes to a shell and to what else reads such files.
const bare = "_-./:@%+=,?"

// publish writes the env file and, with TLS, the certificate beside it.
func publish(stdout io.Writer, p *pair.Pair, s setup) error {
	ca, err := writeCA(p, s)
	if err != nil {
		return err
	}
	lines, err := format(variables(p, ca))
	if err != nil {
		return err
	}
	if s.env == "" {
		_, err := io.WriteString(stdout, lines)
		return err
	}
	return atomicfile.Write(s.env, []byte(lines))
}

// writeCA writes the authority's certificate beside the env file, and returns
// the name of the file. Without TLS there is none.
func writeCA(p *pair.Pair, s setup) (string, error) {
	if p.Authority == nil {
		return "", nil
	}
	file, err := filepath.Abs(filepath.Join(filepath.Dir(s.env), "sandbox-ca.pem"))
	if err != nil {
		return "", err
	}
	return file, atomicfile.Write(file, p.Authority.PEM())
}

// format makes lines KEY=VALUE without quotes, which shells, Docker and dotenv
// libraries read alike.
func format(all []variable) (string, error) {
	var b strings.Builder
	for _, v := range all {
		if strings.ContainsFunc(v.value, special) {
			return "", fmt.Errorf("the value of %s needs quotes: it may have letters, digits and %s only; if it is a path, choose another directory", v.name, bare)
		}
		fmt.Fprintf(&b, "%s=%s\n", v.name, v.value)
	}
	return b.String(), nil
}

func special(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return false
	}
	return !strings.ContainsRune(bare, r)
}

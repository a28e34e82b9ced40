package main

import (
	"crypto/x509"
	"fmt"
	"os"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry/bridge"
)

// client makes the S3 client of one side, SRC or DST, from the environment.
func (s *settings) client(side string, env func(string) string, endpoint string) (*s3.Client, error) {
	values := make(map[string]string)
	for _, name := range []string{"ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "REGION"} {
		variable := side + "_AWS_" + name
		switch values[name] = env(variable); {
		case values[name] == "":
			return nil, fmt.Errorf("bridgecopy: set %s in the environment; %w", variable, errUsage)
		case strings.ContainsFunc(values[name], notInLine):
			return nil, fmt.Errorf("bridgecopy: %s has a space or the end of a line in it; %w", variable, errUsage)
		}
	}
	token := side + "_AWS_SESSION_TOKEN"
	if strings.ContainsFunc(env(token), notInLine) {
		return nil, fmt.Errorf("bridgecopy: %s has a space or the end of a line in it; %w", token, errUsage)
	}
	roots, err := authorities(s.ca)
	if err != nil {
		return nil, err
	}
	return bridge.NewClient(bridge.Access{
		Region:      values["REGION"],
		Credentials: credentials.NewStaticCredentialsProvider(values["ACCESS_KEY_ID"], values["SECRET_ACCESS_KEY"], env(token)),
		Endpoint:    endpoint,
		RootCAs:     roots,
		Connections: max(s.options.Concurrency, 32) * 2,
	})
}

// notInLine reports whether a character belongs in no key and no name of a region.
func notInLine(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

// authorities reads PEM certificates; nil stands for those of the system.
func authorities(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("bridgecopy: read certificates: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("bridgecopy: %s holds no PEM certificate", file)
	}
	return pool, nil
}

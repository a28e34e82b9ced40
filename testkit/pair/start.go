package pair

import (
	"crypto/tls"
	"net"
)

// A server is any of the fakes: Start owns the listener and returns at once.
type server interface {
	Start(l net.Listener, tlsConfig *tls.Config)
}

// A starter is one of the several doors of a server.
type starter func(l net.Listener, tlsConfig *tls.Config)

func (s starter) Start(l net.Listener, tlsConfig *tls.Config) { s(l, tlsConfig) }

// start opens the listener of a server and returns its URL.
func (a *Account) start(name string, s server) (endpoint string, err error) {
	l, err := a.pair.opts.Listen(name + "." + a.Side)
	if err != nil {
		return "", err
	}
	if a.pair.Authority == nil {
		s.Start(l, nil)
		return "http://" + l.Addr().String(), nil
	}
	config, err := a.pair.Authority.ServerConfig(hosts(l)...)
	if err != nil {
		return "", err
	}
	s.Start(l, config)
	return "https://" + l.Addr().String(), nil
}

package fakeredshift

import (
	"crypto/md5"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
)

// users are the database users of a warehouse. Like Redshift it keeps
// md5(password + name), never a password.
type users struct {
	mu     sync.Mutex // guards byName
	byName map[string]user
}

type user struct {
	hash      string // hex of md5(password + name)
	superuser bool
}

// CreateUser adds a database user, who may log in over the PostgreSQL wire and
// through a secret of the Data API. The name is folded to lower case, as
// Redshift does. A user that exists is an error.
func (w *Warehouse) CreateUser(name, password string, superuser bool) error {
	name = strings.ToLower(name)
	w.users.mu.Lock()
	defer w.users.mu.Unlock()
	if _, ok := w.users.byName[name]; ok {
		return fmt.Errorf("fakeredshift: user %q already exists", name)
	}
	w.users.byName[name] = user{hash: passwordHash(name, password), superuser: superuser}
	return nil
}

// SetPassword rotates a user's password. Sessions that are open stay open: a
// password matters at login only.
func (w *Warehouse) SetPassword(name, password string) error {
	name = strings.ToLower(name)
	w.users.mu.Lock()
	defer w.users.mu.Unlock()
	u, ok := w.users.byName[name]
	if !ok {
		return fmt.Errorf("fakeredshift: user %q does not exist", name)
	}
	u.hash = passwordHash(name, password)
	w.users.byName[name] = u
	return nil
}

func (u *users) find(name string) (user, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	found, ok := u.byName[name]
	return found, ok
}

// password checks a password sent in clear, as the Data API takes it from a
// secret.
func (u *users) password(name, password string) bool {
	found, ok := u.find(name)
	return ok && equal(found.hash, passwordHash(name, password))
}

// md5Password checks the answer to AuthenticationMD5Password.
func (u *users) md5Password(name, answer string, salt [4]byte) bool {
	found, ok := u.find(name)
	return ok && equal(answer, "md5"+md5Hex(found.hash+string(salt[:])))
}

func passwordHash(name, password string) string { return md5Hex(password + name) }

func md5Hex(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// refusedLogin is what Redshift says to a wrong user and to a wrong password.
// PostgreSQL has had 28P01 for it since version 9.0; Redshift stems from 8.0.
func refusedLogin(name string) *Error {
	return &Error{SQLState: "28000", Message: fmt.Sprintf("password authentication failed for user %q", name)}
}

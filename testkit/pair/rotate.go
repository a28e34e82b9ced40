package pair

import (
	"fmt"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/testkit/canary"
)

// The names of the users of the bridge and of what lies in Secrets Manager.
const (
	readerUser, writerUser     = "bridge-reader", "bridge-writer"
	readerSecret, writerSecret = "redferry/reader", "redferry/writer"
	loginSecret                = "redferry/login"
)

// RotateReader gives the bridge's reader a new access key, as one does without a
// pause: the key is made, stored as the current value of ReaderSecret, and then
// every older one is deleted. S3 refuses those from now on with
// InvalidAccessKeyId. Reader stays as it was.
func (p *Pair) RotateReader() (creds.Keys, error) { return p.A.rotate(readerUser, readerSecret) }

// RotateWriter does with the bridge's writer what RotateReader does with its
// reader.
func (p *Pair) RotateWriter() (creds.Keys, error) { return p.B.rotate(writerUser, writerSecret) }

func (a *Account) rotate(user, secret string) (creds.Keys, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	u, err := a.IAM.User(user)
	if err != nil {
		return creds.Keys{}, fmt.Errorf("pair: rotate: %w", err)
	}
	old := u.AccessKeys()
	keys := u.CreateAccessKey()
	if _, err := a.putKeys(secret, keys); err != nil {
		return creds.Keys{}, fmt.Errorf("pair: rotate: %w", err)
	}
	for _, id := range old {
		if err := u.DeleteAccessKey(id); err != nil {
			return creds.Keys{}, fmt.Errorf("pair: rotate: %w", err)
		}
	}
	return keys, nil
}

// RotateLogin gives the user of Login a new password, in the warehouse and then
// as the current value of LoginSecret, as Secrets Manager does it. Sessions that
// are open stay open. Login stays as it was.
func (a *Account) RotateLogin() (creds.Login, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	login := a.Login
	login.Password = a.nextPassword()
	if err := a.Warehouse.SetPassword(login.User, login.Password.Reveal()); err != nil {
		return creds.Login{}, fmt.Errorf("pair: rotate: %w", err)
	}
	if _, err := a.putLogin(login); err != nil {
		return creds.Login{}, fmt.Errorf("pair: rotate: %w", err)
	}
	return login, nil
}

// nextPassword makes a password that differs from all before it, and is the same
// in every run.
func (a *Account) nextPassword() creds.Secret {
	password := canary.Text(fmt.Sprintf("login %s %d", a.Side, len(a.passwords)+1))
	a.passwords = append(a.passwords, password)
	return password
}

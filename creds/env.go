package creds

import (
	"context"
	"fmt"
	"os"
)

// EnvLogin reads a Login from two variables of the environment, anew each time.
// An empty variable counts as unset. With both unset the error wraps
// [ErrAbsent]; with one of them it does not.
func EnvLogin(userVar, passwordVar string) Provider[Login] {
	return ProviderFunc[Login](func(context.Context) (Login, error) {
		if err := checkEnv(userVar, passwordVar); err != nil {
			return Login{}, err
		}
		return Login{User: os.Getenv(userVar), Password: NewSecret(os.Getenv(passwordVar)), Source: "env " + userVar}, nil
	})
}

// EnvKeys reads Keys from the variables PREFIX_AWS_ACCESS_KEY_ID,
// PREFIX_AWS_SECRET_ACCESS_KEY and, for temporary keys,
// PREFIX_AWS_SESSION_TOKEN; without PREFIX_ if prefix is empty. An empty
// variable counts as unset. With all unset the error wraps [ErrAbsent]; with
// some of them it does not.
func EnvKeys(prefix string) Provider[Keys] {
	if prefix != "" {
		prefix += "_"
	}
	id, secret, token := prefix+"AWS_ACCESS_KEY_ID", prefix+"AWS_SECRET_ACCESS_KEY", prefix+"AWS_SESSION_TOKEN"
	return ProviderFunc[Keys](func(context.Context) (Keys, error) {
		if err := checkEnv(id, secret); err != nil {
			if os.Getenv(token) != "" {
				return Keys{}, fmt.Errorf("creds: %s is set without %s and %s", token, id, secret)
			}
			return Keys{}, err
		}
		keys := Keys{AccessKeyID: os.Getenv(id), SecretAccessKey: NewSecret(os.Getenv(secret)), Source: "env " + id}
		if t := os.Getenv(token); t != "" {
			keys.SessionToken = NewSecret(t)
		}
		return keys, nil
	})
}

// EnvRole reads a Role from a variable of the environment. With the variable
// unset or empty the error wraps [ErrAbsent]; with anything in it that
// [ParseRole] refuses it does not.
func EnvRole(name string) Provider[Role] {
	return ProviderFunc[Role](func(context.Context) (Role, error) {
		arn := os.Getenv(name)
		if arn == "" {
			return Role{}, fmt.Errorf("%w: env %s is not set", ErrAbsent, name)
		}
		role, err := ParseRole(arn)
		if err != nil {
			return Role{}, fmt.Errorf("creds: env %s: %w", name, err)
		}
		return role, nil
	})
}

// checkEnv returns nil if both variables are set.
func checkEnv(first, second string) error {
	hasFirst, hasSecond := os.Getenv(first) != "", os.Getenv(second) != ""
	switch {
	case hasFirst && hasSecond:
		return nil
	case hasFirst:
		return fmt.Errorf("creds: env %s is set, but %s is not", first, second)
	case hasSecond:
		return fmt.Errorf("creds: env %s is set, but %s is not", second, first)
	}
	return fmt.Errorf("%w: env %s and %s are not set", ErrAbsent, first, second)
}

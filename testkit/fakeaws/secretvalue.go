package fakeaws

import "github.com/redferry/redferry/creds"

// SecretValue returns the current value of a secret, by ARN or name, to a
// service that reads it with the rights of its caller, as the Redshift Data API
// does. Without secretsmanager:GetSecretValue on it the error is an [*Error]
// AccessDenied; a secret that does not exist is ResourceNotFoundException.
func (c *Cloud) SecretValue(caller Identity, region, secretID string) (creds.Secret, error) {
	s := &SecretsManager{cloud: c, region: region}
	found, ok := c.secretByID(caller.Account, region, secretID)
	if err := s.authorize(caller, "GetSecretValue", secretID, found); err != nil {
		return creds.Secret{}, err
	}
	if !ok {
		return creds.Secret{}, notFound("Secrets Manager can't find the specified secret.")
	}
	return found.versions[len(found.versions)-1].value, nil
}

package livetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/redshiftdata"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/creds/awscreds"
	"github.com/redferry/redferry/exec/dataapi"
	"github.com/redferry/redferry/exec/direct"
)

// The variables of the environment.
const (
	envSchema   = "REDFERRY_LIVE_SCHEMA"
	envDatabase = "REDFERRY_LIVE_DATABASE"

	envHost     = "REDFERRY_LIVE_HOST"
	envPort     = "REDFERRY_LIVE_PORT"
	envUser     = "REDFERRY_LIVE_USER"
	envPassword = "REDFERRY_LIVE_PASSWORD"

	envWorkgroup = "REDFERRY_LIVE_WORKGROUP"
	envCluster   = "REDFERRY_LIVE_CLUSTER"
	envSecret    = "REDFERRY_LIVE_SECRET_ARN"
	envRegion    = "AWS_REGION"
	envKeyID     = "AWS_ACCESS_KEY_ID"
	envKey       = "AWS_SECRET_ACCESS_KEY"
	envToken     = "AWS_SESSION_TOKEN"
)

// needed says what to set.
const needed = `Set
  ` + envDatabase + `, and ` + envSchema + `, a schema of it in which tables may be created, and
  ` + envHost + `, ` + envUser + `, ` + envPassword + ` (and ` + envPort + ` unless it is 5439) for a direct connection, or
  ` + envWorkgroup + ` or ` + envCluster + `, ` + envSecret + `, ` + envRegion + `, ` + envKeyID + `, ` + envKey + `
  (and ` + envToken + ` for temporary keys) for the Data API, or both`

// ErrNoWarehouse is wrapped by the error of [FromEnv] for an environment that
// gives no warehouse, or half of one.
var ErrNoWarehouse = errors.New("no warehouse is given")

// FromEnv returns the warehouse that the environment gives, once for each wire
// that it can be reached by. It opens no connection.
//
//	REDFERRY_LIVE_DATABASE    the database
//	REDFERRY_LIVE_SCHEMA      a schema of it in which tables may be created
//
// For a direct connection, with TLS:
//
//	REDFERRY_LIVE_HOST        the endpoint
//	REDFERRY_LIVE_PORT        its port; 5439 if it is not set
//	REDFERRY_LIVE_USER        the login
//	REDFERRY_LIVE_PASSWORD    its password
//
// For the Data API, with sessions and with batches:
//
//	REDFERRY_LIVE_WORKGROUP   the workgroup of a Serverless warehouse, or
//	REDFERRY_LIVE_CLUSTER     the name of a cluster
//	REDFERRY_LIVE_SECRET_ARN  the secret that has the login
//	AWS_REGION                the region
//	AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
//
// The caller must close each.
func FromEnv(ctx context.Context, getenv func(string) string) ([]*Warehouse, error) {
	overWire, overAPI := getenv(envHost) != "", getenv(envWorkgroup) != "" || getenv(envCluster) != ""
	if !overWire && !overAPI {
		return nil, fmt.Errorf("livetest: %w. %s", ErrNoWarehouse, needed)
	}
	names := []string{envDatabase, envSchema}
	if overWire {
		names = append(names, envUser, envPassword)
	}
	if overAPI {
		names = append(names, envSecret, envRegion, envKeyID, envKey)
	}
	names = slices.DeleteFunc(names, func(name string) bool { return getenv(name) != "" })
	if len(names) > 0 {
		return nil, fmt.Errorf("livetest: %w completely: %s must be set, too", ErrNoWarehouse, strings.Join(names, ", "))
	}
	if err := redferry.CheckIdentifier(getenv(envSchema)); err != nil {
		return nil, fmt.Errorf("livetest: %s: %w", envSchema, err)
	}
	var warehouses []*Warehouse
	if overAPI { // first, because it has nothing to close if the other one fails
		w, err := dataFromEnv(getenv)
		if err != nil {
			return nil, err
		}
		warehouses = append(warehouses, w)
	}
	if overWire {
		w, err := directFromEnv(ctx, getenv)
		if err != nil {
			return nil, err
		}
		warehouses = append(warehouses, w)
	}
	return warehouses, nil
}

func directFromEnv(ctx context.Context, getenv func(string) string) (*Warehouse, error) {
	port := uint64(0)
	if text := getenv(envPort); text != "" {
		var err error
		if port, err = strconv.ParseUint(text, 10, 16); err != nil {
			return nil, fmt.Errorf("livetest: %s: %w", envPort, err)
		}
	}
	target := direct.Target{Host: getenv(envHost), Port: uint16(port), Database: getenv(envDatabase)}
	login := creds.Static(creds.Login{User: getenv(envUser), Password: creds.NewSecret(getenv(envPassword)), Source: "env " + envUser})
	return Direct(ctx, getenv(envSchema), target, login, nil)
}

func dataFromEnv(getenv func(string) string) (*Warehouse, error) {
	keys := creds.Keys{AccessKeyID: getenv(envKeyID), SecretAccessKey: creds.NewSecret(getenv(envKey)), Source: "env " + envKeyID}
	if token := getenv(envToken); token != "" {
		keys.SessionToken = creds.NewSecret(token)
	}
	client := redshiftdata.New(redshiftdata.Options{Region: getenv(envRegion), Credentials: awscreds.Provider(creds.Static(keys))})
	return DataAPI(getenv(envSchema), client, dataapi.Target{
		Workgroup: getenv(envWorkgroup), ClusterID: getenv(envCluster), Database: getenv(envDatabase), SecretARN: getenv(envSecret),
	})
}

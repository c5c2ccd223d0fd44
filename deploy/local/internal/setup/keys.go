// Package setup prepares what a deployment needs before its services start: keys, and a replica set that has a primary.
// Everything here may run again at any time and then changes nothing.
package setup

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/lestrrat-go/jwx/v3/jwk"

	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/idgen"
)

// Files that Keys makes, relative to its directory. The key of a service is ServicesDir/<name>.jwk.
const (
	// PeopleKey signs the tokens of people. Whoever reads it can be anybody, so no service needs or gets it.
	PeopleKey = "people.jwk"
	// ServicesDir is what the services may read.
	ServicesDir = "services"
	// PeopleJWKS holds the public half of PeopleKey: AUTH_JWKS_FILE.
	PeopleJWKS = ServicesDir + "/people.jwks.json"
	// ServicesJWKS holds the public keys of all services: SERVICE_JWKS_FILE.
	ServicesJWKS = ServicesDir + "/services.jwks.json"
	// FraudHashKey is the secret under which fraud stores addresses and devices: FRAUD_HASH_KEY_FILE.
	FraudHashKey = ServicesDir + "/fraud-hash.key"
)

// hashKeyBytes is the length of FraudHashKey before it is written in hexadecimal.
const hashKeyBytes = 32

var serviceName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)

// reserved are names whose file would mean something else.
var reserved = map[string]bool{"people": true, "services": true}

// ServiceKey is the file with the private key of a service, relative to the directory of Keys: SERVICE_KEY_FILE.
func ServiceKey(name string) string { return ServicesDir + "/" + name + ".jwk" }

// Keys makes the keys that are missing in dir: the one that signs people's tokens, one per service, the JWKS files with
// their public halves, and the secret of fraud. Private files have mode 0600, public ones 0644. Existing keys stay, so that
// a service can be added later; JWKS files are written again when they lack a key. A service that is no longer named
// loses its place in the JWKS file, and with it the trust of the others, while its key file stays.
func Keys(dir string, services []string) error {
	if len(services) == 0 {
		return errors.New("no services: name those that need a key")
	}
	for _, name := range services {
		if !serviceName.MatchString(name) || reserved[name] {
			return fmt.Errorf("service %q: must be lower-case letters, digits and hyphens, and not people or services", name)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, ServicesDir), 0o700); err != nil {
		return fmt.Errorf("make the directory of the keys: %w", err)
	}
	people, err := authn.LoadOrCreateKey(filepath.Join(dir, PeopleKey), idgen.Random())
	if err != nil {
		return fmt.Errorf("key of people's tokens: %w", err)
	}
	own := make([]jwk.Key, 0, len(services))
	for _, name := range services {
		key, err := authn.LoadOrCreateKey(filepath.Join(dir, ServiceKey(name)), idgen.Random())
		if err != nil {
			return fmt.Errorf("key of %s: %w", name, err)
		}
		own = append(own, key)
	}
	return errors.Join(
		publish(filepath.Join(dir, PeopleJWKS), people),
		publish(filepath.Join(dir, ServicesJWKS), own...),
		secret(filepath.Join(dir, FraudHashKey)),
	)
}

// publish writes the public halves of keys. A file that says the same already is left alone.
func publish(path string, keys ...jwk.Key) error {
	document, err := authn.PublicJWKS(keys...)
	if err != nil {
		return err
	}
	document = append(document, '\n')
	if present, err := os.ReadFile(path); err == nil && string(present) == string(document) {
		return os.Chmod(path, 0o644) //nolint:gosec // public keys are for everybody
	}
	return replace(path, document, 0o644)
}

// secret makes a random secret in hexadecimal, once.
func secret(path string) error {
	info, err := os.Stat(path)
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s may be read by others (mode %04o): run chmod 600 on it", path, info.Mode().Perm())
	}
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	random := make([]byte, hashKeyBytes)
	if _, err := io.ReadFull(idgen.Random(), random); err != nil {
		return fmt.Errorf("make %s: %w", path, err)
	}
	return replace(path, []byte(hex.EncodeToString(random)+"\n"), 0o600)
}

// replace writes a file aside and renames it into place, so that a reader sees the old or the new one and never a part.
func replace(path string, content []byte, mode fs.FileMode) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = temp.Write(content)
	err = errors.Join(err, temp.Chmod(mode), temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Join(err, os.Remove(temp.Name())))
	}
	return nil
}

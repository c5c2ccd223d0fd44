package authn

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
)

// GenerateKey returns a new Ed25519 signing key made from random, usually idgen.Random(). Its id is its thumbprint.
func GenerateKey(random io.Reader) (jwk.Key, error) {
	_, private, err := ed25519.GenerateKey(random)
	if err != nil {
		return nil, fmt.Errorf("generate key: %w", err)
	}
	key, err := jwk.Import(private)
	if err != nil {
		return nil, fmt.Errorf("import key: %w", err)
	}
	err = errors.Join(
		jwk.AssignKeyID(key),
		key.Set(jwk.AlgorithmKey, jwa.EdDSA()),
		key.Set(jwk.KeyUsageKey, jwk.ForSignature),
	)
	if err != nil {
		return nil, fmt.Errorf("describe key: %w", err)
	}
	return key, nil
}

// SaveKey writes a private key as a JWK that only its owner may read (mode 0600). An existing file is left alone and
// reported with fs.ErrExist.
func SaveKey(path string, key jwk.Key) error {
	data, err := json.MarshalIndent(key, "", "  ")
	if err != nil {
		return fmt.Errorf("encode key: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("save key: %w", err)
	}
	// Written aside and linked into place: a reader sees the whole key or none, and of two processes one wins.
	temp, err := os.CreateTemp(filepath.Dir(path), ".key-*")
	if err != nil {
		return fmt.Errorf("save key: %w", err)
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(append(data, '\n'))
	if err = errors.Join(err, temp.Chmod(0o600), temp.Sync(), temp.Close()); err != nil {
		return fmt.Errorf("save key: %w", err)
	}
	if err := os.Link(temp.Name(), path); err != nil {
		return fmt.Errorf("save key: %w", err)
	}
	return nil
}

// LoadKey reads a private key that SaveKey wrote. It refuses a file that others may read.
func LoadKey(path string) (jwk.Key, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("load key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("load key: %s may be read by others (mode %04o); run chmod 600 on it", path, info.Mode().Perm())
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("load key: %w", err)
	}
	return ParseKey(data)
}

// LoadOrCreateKey reads the private key at path, or generates and saves one when there is none. Several processes may call
// it at once and get the same key.
func LoadOrCreateKey(path string, random io.Reader) (jwk.Key, error) {
	key, err := LoadKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if key, err = GenerateKey(random); err != nil {
		return nil, err
	}
	if err := SaveKey(path, key); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return LoadKey(path)
}

// ParseKey reads a private Ed25519 key from its JWK form, as a secret setting holds it.
func ParseKey(data []byte) (jwk.Key, error) {
	key, err := jwk.ParseKey(data)
	if err != nil {
		// The library's error may quote the document, which is a secret.
		return nil, errors.New("parse key: it is not a JWK")
	}
	return key, checkSigningKey(key)
}

func checkSigningKey(key jwk.Key) error {
	if key == nil {
		return errors.New("authn: no signing key; generate one")
	}
	okp, ok := key.(jwk.OKPPrivateKey)
	if !ok {
		return errors.New("authn: the signing key is not a private Ed25519 key (kty OKP with d); generate a new one")
	}
	if curve, ok := okp.Crv(); !ok || curve != jwa.Ed25519() {
		return errors.New("authn: the signing key is not on the curve Ed25519; generate a new one")
	}
	if id, ok := key.KeyID(); !ok || id == "" {
		return errors.New("authn: the signing key has no kid; generate a new one")
	}
	return nil
}

package app

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/netip"
	"strings"

	"github.com/refersuite/refersuite/services/fraud/internal/domain"
)

// MinKey is the least length of a key of fingerprints, in bytes.
const MinKey = 16

// Fingerprints makes fingerprints with one key.
type Fingerprints struct {
	key []byte
	id  string
}

// NewFingerprints returns the maker of fingerprints with a key of MinKey bytes or more.
func NewFingerprints(key []byte) (*Fingerprints, error) {
	if len(key) < MinKey {
		return nil, fmt.Errorf("the key of fingerprints has %d bytes: it needs %d or more", len(key), MinKey)
	}
	f := &Fingerprints{key: append([]byte(nil), key...)}
	f.id = string(f.of("key", "")[:8])
	return f, nil
}

// KeyID names the key without telling it.
func (f *Fingerprints) KeyID() string { return f.id }

// Device returns the fingerprint of a device identifier; surrounding blanks do not count.
func (f *Fingerprints) Device(id string) domain.Fingerprint {
	return f.known("device", strings.TrimSpace(id))
}

// Address returns the fingerprint of a network address. An IPv4 address has one however it is written; IPv6 addresses of one
// /64 network, which is what a household gets, share one.
func (f *Fingerprints) Address(text string) domain.Fingerprint {
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return f.known("address", text)
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return f.known("address", addr.String())
	}
	network, err := addr.Prefix(64)
	if err != nil {
		return f.known("address", addr.String())
	}
	return f.known("address", network.String())
}

func (f *Fingerprints) known(kind, text string) domain.Fingerprint {
	if text == "" {
		return ""
	}
	return f.of(kind, text)
}

// of keeps 128 bits: far more than collisions need, in 22 characters.
func (f *Fingerprints) of(kind, text string) domain.Fingerprint {
	mac := hmac.New(sha256.New, f.key)
	mac.Write([]byte(kind + "\x00" + text))
	return domain.Fingerprint(base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16]))
}

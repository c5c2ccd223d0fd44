package grpcx_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/grpcx"
	tierv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/tier/v1"
)

// authority signs certificates for one test.
type authority struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{dir: t.TempDir()}
	a.cert, a.key = a.sign(t, "ca", true)
	a.file = filepath.Join(a.dir, "ca.pem")
	return a
}

// sign writes name.pem and name.key.
func (a *authority) sign(t *testing.T, name string, isCA bool) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := clock.System().Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), IsCA: isCA, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	parent, signer := template, key
	if a.cert != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		name + ".pem": {Type: "CERTIFICATE", Bytes: der}, name + ".key": {Type: "EC PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(filepath.Join(a.dir, file), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

func (a *authority) path(file string) string { return filepath.Join(a.dir, file) }

func TestTLS_EncryptsAndVerifiesTheServer(t *testing.T) {
	a := newAuthority(t)
	a.sign(t, "tier", false)
	w := newWorld(t, func(s *setup) {
		s.config.TLSCertFile, s.config.TLSKeyFile = a.path("tier.pem"), a.path("tier.key")
		s.client.TLSCAFile, s.client.TLSServerName = a.file, "tier"
	})
	if err := w.call(t); err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]grpcx.ClientConfig{
		"plain text":      {Target: "passthrough:///x"},
		"other authority": {Target: "passthrough:///x", TLSCAFile: newAuthority(t).file, TLSServerName: "tier"},
		"other name":      {Target: "passthrough:///x", TLSCAFile: a.file, TLSServerName: "wallet"},
	} {
		conn := w.dial(t, cfg, grpcx.ClientDeps{})
		if _, err := tierv1.NewTierServiceClient(conn).GetMember(w.asSystem(t), getMember("a")); errs.CodeOf(err) != errs.Unavailable {
			t.Errorf("%s: err = %v", name, err)
		}
	}
}

func TestMTLS_ClientsMustPresentACertificate(t *testing.T) {
	a := newAuthority(t)
	a.sign(t, "tier", false)
	a.sign(t, "referral", false)
	w := newWorld(t, func(s *setup) {
		s.config.TLSCertFile, s.config.TLSKeyFile, s.config.TLSClientCAFile = a.path("tier.pem"), a.path("tier.key"), a.file
		s.client.TLSCAFile, s.client.TLSServerName = a.file, "tier"
		s.client.TLSCertFile, s.client.TLSKeyFile = a.path("referral.pem"), a.path("referral.key")
	})
	if err := w.call(t); err != nil {
		t.Fatal(err)
	}
	conn := w.dial(t, grpcx.ClientConfig{Target: "passthrough:///x", TLSCAFile: a.file, TLSServerName: "tier"}, grpcx.ClientDeps{})
	if _, err := tierv1.NewTierServiceClient(conn).GetMember(w.asSystem(t), getMember("a")); errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("without a certificate: err = %v", err)
	}
}

package grpcx

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// serverCredentials returns nil for plain text.
func serverCredentials(cfg ServerConfig) (credentials.TransportCredentials, error) {
	if cfg.TLSCertFile == "" {
		return nil, nil
	}
	certificate, err := tls.LoadX509KeyPair(cfg.TLSCertFile, cfg.TLSKeyFile)
	if err != nil {
		return nil, fmt.Errorf("TLS_CERT_FILE and TLS_KEY_FILE: %w", err)
	}
	settings := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{certificate}}
	if cfg.TLSClientCAFile != "" {
		settings.ClientAuth = tls.RequireAndVerifyClientCert
		if settings.ClientCAs, err = authorities(cfg.TLSClientCAFile); err != nil {
			return nil, fmt.Errorf("TLS_CLIENT_CA_FILE: %w", err)
		}
	}
	return credentials.NewTLS(settings), nil
}

// clientCredentials returns plain text when TLS is off.
func clientCredentials(cfg ClientConfig) (credentials.TransportCredentials, error) {
	if !cfg.TLS && cfg.TLSCAFile == "" {
		return insecure.NewCredentials(), nil
	}
	settings := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: cfg.TLSServerName}
	var err error
	if cfg.TLSCAFile != "" {
		if settings.RootCAs, err = authorities(cfg.TLSCAFile); err != nil {
			return nil, fmt.Errorf("authorities of the server: %w", err)
		}
	}
	if cfg.TLSCertFile != "" {
		certificate, err := tls.LoadX509KeyPair(cfg.TLSCertFile, cfg.TLSKeyFile)
		if err != nil {
			return nil, fmt.Errorf("client certificate: %w", err)
		}
		settings.Certificates = []tls.Certificate{certificate}
	}
	return credentials.NewTLS(settings), nil
}

func authorities(path string) (*x509.CertPool, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("%s holds no PEM certificate", path)
	}
	return pool, nil
}

package gateway_test

import (
	"strings"
	"testing"

	"github.com/refersuite/refersuite/gateway"
	"github.com/refersuite/refersuite/pkg/config"
	"github.com/refersuite/refersuite/pkg/config/configtest"
)

func TestReadmeListsTheSettings(t *testing.T) {
	configtest.CheckReadme(t, "README.md", gateway.Config{})
}

func TestSettingsOutOfRangeAreRefused(t *testing.T) {
	_, err := config.LoadFrom[gateway.Config](map[string]string{
		"CORS_ALLOWED_ORIGINS": "https://app.example.com/path", "REQUEST_TIMEOUT": "1h", "LONG_REQUEST_TIMEOUT": "2h",
		"IDEMPOTENCY_TTL": "1s", "IDEMPOTENCY_STORE_TIMEOUT": "2m", "TLS_CERT_FILE": "cert.pem", "REDIS_POOL_SIZE": "0", "STOP_TIMEOUT": "0s",
	})
	for _, name := range []string{
		"CORS_ALLOWED_ORIGINS", "REQUEST_TIMEOUT", "LONG_REQUEST_TIMEOUT", "IDEMPOTENCY_TTL", "IDEMPOTENCY_STORE_TIMEOUT", "TLS_CERT_FILE", "REDIS_POOL_SIZE", "STOP_TIMEOUT",
	} {
		if err == nil || !strings.Contains(err.Error(), name+" is") {
			t.Errorf("%s is not reported in %v", name, err)
		}
	}
}

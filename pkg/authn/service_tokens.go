package authn

import (
	"context"
	"sync"
	"time"

	"github.com/refersuite/refersuite/pkg/access"
)

// serviceTokenTTL is short, so that a stolen service token is soon worthless.
const serviceTokenTTL = 10 * time.Minute

// ServiceTokens gives a service the token it sends with its own calls, and renews it when a third of its life is left.
// It is safe for concurrent use and needs no goroutine. It also implements credentials.PerRPCCredentials.
type ServiceTokens struct {
	issuer  *Issuer
	subject string

	mu      sync.Mutex
	token   string
	renewAt time.Time
}

// NewServiceTokens returns the tokens of the service named subject, with the role SYSTEM.
func NewServiceTokens(issuer *Issuer, subject string) *ServiceTokens {
	return &ServiceTokens{issuer: issuer, subject: subject}
}

// Token returns a token that is good for at least three more minutes.
func (s *ServiceTokens) Token(context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.issuer.clock.Now()
	if s.token != "" && now.Before(s.renewAt) {
		return s.token, nil
	}
	token, err := s.issuer.Issue(s.subject, []string{access.RoleSystem}, serviceTokenTTL)
	if err != nil {
		return "", err
	}
	s.token, s.renewAt = token, now.Add(serviceTokenTTL*2/3)
	return token, nil
}

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (s *ServiceTokens) GetRequestMetadata(ctx context.Context, _ ...string) (map[string]string, error) {
	token, err := s.Token(ctx)
	if err != nil {
		return nil, err
	}
	return map[string]string{"authorization": "Bearer " + token}, nil
}

// RequireTransportSecurity implements credentials.PerRPCCredentials. Whether connections are encrypted is a setting.
func (s *ServiceTokens) RequireTransportSecurity() bool { return false }

package suite

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/grpcx"
	commonv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/common/v1"
	referralv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/referral/v1"
	tierv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/tier/v1"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
)

// Clients are stubs of the services, for a caller from outside.
type Clients struct {
	Referrals referralv1.ReferralServiceClient
	Wallet    walletv1.WalletServiceClient
	Tiers     tierv1.TierServiceClient
	// Operations are those of each service, by its name.
	Operations map[string]commonv1.OperationsServiceClient
}

// clientTTL is how long the token of Clients is good: longer than any work that uses them.
const clientTTL = 24 * time.Hour

// staticToken is a token that is sent as it is.
type staticToken string

// Token returns the token.
func (t staticToken) Token(context.Context) (string, error) { return string(t), nil }

// Clients connects to every service as a caller with the roles ADMIN and SYSTEM. The returned function closes the
// connections.
func (s *Suite) Clients(subject string) (Clients, func() error, error) {
	token, err := s.Token(subject, clientTTL, access.RoleAdmin, access.RoleSystem)
	if err != nil {
		return Clients{}, nil, err
	}
	tokens := staticToken(token)
	conns := map[string]*grpc.ClientConn{}
	closeAll := func() error {
		var problems []error
		for _, conn := range conns {
			problems = append(problems, conn.Close())
		}
		return errors.Join(problems...)
	}
	clients := Clients{Operations: map[string]commonv1.OperationsServiceClient{}}
	for name, address := range s.Addrs {
		conn, err := grpcx.Dial(grpcx.ClientConfig{Target: address}, grpcx.ClientDeps{Tokens: tokens})
		if err != nil {
			return Clients{}, nil, errors.Join(err, closeAll())
		}
		conns[name] = conn
		clients.Operations[name] = commonv1.NewOperationsServiceClient(conn)
	}
	clients.Referrals = referralv1.NewReferralServiceClient(conns["referral"])
	clients.Wallet = walletv1.NewWalletServiceClient(conns["wallet"])
	clients.Tiers = tierv1.NewTierServiceClient(conns["tier"])
	return clients, closeAll, nil
}

// Durable reports whether real stores keep the data.
func (s *Suite) Durable() bool { return s.shared.mongo != nil }

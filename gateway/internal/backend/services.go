// Package backend knows the services behind the edge: their names, their gRPC services and the connections to them.
package backend

import (
	"strings"

	commonv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/common/v1"
	fraudv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/fraud/v1"
	leaderboardv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/leaderboard/v1"
	referralv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/referral/v1"
	tierv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/tier/v1"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
)

// Operations is the gRPC service that every service serves for its own data; requests name the one that is meant.
var Operations = commonv1.OperationsService_ServiceDesc.ServiceName

// owners maps a gRPC service to the service that serves it.
var owners = map[string]string{
	referralv1.ReferralService_ServiceDesc.ServiceName:       "referral",
	walletv1.WalletService_ServiceDesc.ServiceName:           "wallet",
	tierv1.TierService_ServiceDesc.ServiceName:               "tier",
	fraudv1.FraudService_ServiceDesc.ServiceName:             "fraud",
	leaderboardv1.LeaderboardService_ServiceDesc.ServiceName: "leaderboard",
}

// Names are the services in the order of a referral's way through them.
func Names() []string { return []string{"referral", "fraud", "tier", "wallet", "leaderboard"} }

// GRPCServices are the gRPC services that the edge offers.
func GRPCServices() []string {
	names := []string{Operations}
	for service := range owners {
		names = append(names, service)
	}
	return names
}

// Owner returns the service that serves a gRPC service; false for Operations and for what the edge does not offer.
func Owner(grpcService string) (string, bool) {
	name, ok := owners[grpcService]
	return name, ok
}

// Split takes a full RPC name apart: /refersuite.wallet.v1.WalletService/GetBalance.
func Split(method string) (grpcService, rpc string) {
	grpcService, rpc, _ = strings.Cut(strings.TrimPrefix(method, "/"), "/")
	return grpcService, rpc
}

// Long reports whether an RPC may take minutes, because it walks everything.
func Long(method string) bool {
	_, rpc := Split(method)
	for _, verb := range []string{"Verify", "Reconcile", "Rebuild", "Sweep", "Count"} {
		if strings.HasPrefix(rpc, verb) {
			return true
		}
	}
	return false
}

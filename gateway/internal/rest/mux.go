package rest

import (
	"context"
	"fmt"
	"net/http"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"

	"github.com/refersuite/refersuite/gateway/internal/backend"
	commonv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/common/v1"
	fraudv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/fraud/v1"
	leaderboardv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/leaderboard/v1"
	referralv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/referral/v1"
	tierv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/tier/v1"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
)

// NewMux returns the handler of all REST operations.
func NewMux(ctx context.Context, set *backend.Set, known Routes) (http.Handler, error) {
	none := func(string) (string, bool) { return "", false }
	mux := runtime.NewServeMux(
		// Answers that are files come as they are, with the content type that the service gave.
		runtime.WithMarshalerOption(runtime.MIMEWildcard, &runtime.HTTPBodyMarshaler{Marshaler: newMarshaler()}),
		runtime.SetQueryParameterParser(&strictQuery{}),
		runtime.WithErrorHandler(handleError),
		runtime.WithRoutingErrorHandler(known.handleRouting),
		// The library forwards the caller's token, the connection adds the id of the request and the trace; of the other
		// headers none reaches a service, and none but the name of a file comes back from it.
		runtime.WithIncomingHeaderMatcher(none),
		runtime.WithOutgoingHeaderMatcher(func(key string) (string, bool) {
			return "Content-Disposition", key == "content-disposition"
		}),
		runtime.WithOutgoingTrailerMatcher(none),
		// A POST is a POST, whatever its headers claim.
		runtime.WithDisablePathLengthFallback(),
		runtime.WithDisableHTTPMethodOverride(),
		// An escaped slash belongs to the value that contains it.
		runtime.WithUnescapingMode(runtime.UnescapingModeAllCharacters),
	)
	for name, register := range map[string]func() error{
		"referral": func() error {
			return referralv1.RegisterReferralServiceHandlerClient(ctx, mux, referralv1.NewReferralServiceClient(set.Conn("referral")))
		},
		"wallet": func() error {
			return walletv1.RegisterWalletServiceHandlerClient(ctx, mux, walletv1.NewWalletServiceClient(set.Conn("wallet")))
		},
		"tier": func() error {
			return tierv1.RegisterTierServiceHandlerClient(ctx, mux, tierv1.NewTierServiceClient(set.Conn("tier")))
		},
		"fraud": func() error {
			return fraudv1.RegisterFraudServiceHandlerClient(ctx, mux, fraudv1.NewFraudServiceClient(set.Conn("fraud")))
		},
		"leaderboard": func() error {
			return leaderboardv1.RegisterLeaderboardServiceHandlerClient(ctx, mux,
				leaderboardv1.NewLeaderboardServiceClient(set.Conn("leaderboard")))
		},
		"operations": func() error {
			return commonv1.RegisterOperationsServiceHandlerClient(ctx, mux,
				commonv1.NewOperationsServiceClient(set.OperationsConn()))
		},
	} {
		if err := register(); err != nil {
			return nil, fmt.Errorf("REST operations of %s: %w", name, err)
		}
	}
	return known.bindBodies(mux), nil
}

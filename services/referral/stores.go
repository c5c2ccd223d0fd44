package referral

import (
	"context"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/chain/memchain"
	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/pkg/service"
	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
	"github.com/refersuite/refersuite/services/referral/internal/memstore"
)

// stores are the adapters that the settings chose.
type stores struct {
	referrals app.ReferralStore
	claims    app.ClaimStore
	codes     app.CodeStore
	programs  app.ProgramStore
	outbox    outbox.Source
	editions  chain.Store[domain.Terms]
	close     func(context.Context) error
}

func openStores(_ context.Context, _ *service.Runtime) (*stores, error) {
	referrals := memstore.NewReferrals()
	return &stores{referrals: referrals, outbox: referrals, claims: memstore.NewClaims(), codes: memstore.NewCodes(),
		programs: memstore.NewPrograms(), editions: memchain.New[domain.Terms](),
		close: func(context.Context) error { return nil }}, nil
}

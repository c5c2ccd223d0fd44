package referral

import (
	"context"
	"fmt"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/chain/memchain"
	"github.com/refersuite/refersuite/pkg/chain/mongochain"
	"github.com/refersuite/refersuite/pkg/mongox"
	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/pkg/outbox/mongooutbox"
	"github.com/refersuite/refersuite/pkg/service"
	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
	"github.com/refersuite/refersuite/services/referral/internal/memstore"
	"github.com/refersuite/refersuite/services/referral/internal/mongostore"
	"github.com/refersuite/refersuite/services/referral/internal/ottercache"
)

// Sizes of the caches in front of a database: some 5 KiB for each referral, and less than 500 bytes for anything else.
const (
	cachedReferrals = 10_000
	cachedOthers    = 100_000
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

func openStores(ctx context.Context, rt *service.Runtime) (*stores, error) {
	if rt.Mongo == nil {
		return inMemory(), nil
	}
	editions := rt.Mongo.Collection(mongostore.EditionsCollection)
	if err := mongox.EnsureIndexes(ctx, editions, mongochain.Indexes()...); err != nil {
		return nil, fmt.Errorf("prepare the database: %w", err)
	}
	db, err := mongostore.Open(ctx, rt.Mongo, rt.Telemetry.MeterProvider)
	if err != nil {
		return nil, fmt.Errorf("prepare the database: %w", err)
	}
	return &stores{
		referrals: ottercache.NewReferrals(db.Referrals, cachedReferrals),
		claims:    ottercache.NewClaims(db.Claims, cachedOthers),
		codes:     ottercache.NewCodes(db.Codes, cachedOthers),
		programs:  db.Programs,
		outbox:    mongooutbox.New(rt.Mongo.Collection(mongostore.ReferralsCollection)),
		editions:  mongochain.New[domain.Terms](editions),
		close:     db.Close,
	}, nil
}

func inMemory() *stores {
	referrals := memstore.NewReferrals()
	return &stores{referrals: referrals, outbox: referrals, claims: memstore.NewClaims(), codes: memstore.NewCodes(),
		programs: memstore.NewPrograms(), editions: memchain.New[domain.Terms](),
		close: func(context.Context) error { return nil }}
}

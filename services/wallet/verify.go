package wallet

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
	"github.com/refersuite/refersuite/services/wallet/internal/grpcserver"
	"github.com/refersuite/refersuite/services/wallet/internal/mongostore"
)

// VerifyOptions tune VerifyDatabase. The zero value is good.
type VerifyOptions struct {
	// Clock tells the time of the report; nil means the system's.
	Clock clock.Clock
	// Progress is told now and then how many documents were read since it was told last, and about how many there are. A
	// ledger with faults is read up to three times.
	Progress func(read, total int64)
}

// VerifyDatabase walks the ledger of a database without any service and reports what Reconcile reports, with the same
// digests. It writes nothing. It fails when the database has no ledger or cannot be read.
func VerifyDatabase(ctx context.Context, db *mongo.Database, opts VerifyOptions) (_ *walletv1.ReconcileResponse, err error) {
	if opts.Clock == nil {
		opts.Clock = clock.System()
	}
	reading, err := mongostore.Read(ctx, db)
	if err != nil {
		return nil, err
	}
	log := chain.New[domain.Line](reading.Ledger, chain.Options{Clock: opts.Clock, Name: "wallet.verify"})
	defer func() { err = errors.Join(err, log.Close(context.WithoutCancel(ctx))) }()
	auditor := app.Auditor{
		Log: log, Clock: opts.Clock, Redemptions: app.RedemptionRecords{Store: reading.Redemptions}, Queue: reading.Queue,
	}
	if opts.Progress != nil {
		auditor.Progress = func(read int64) { opts.Progress(read, reading.Lines) }
	}
	result, err := auditor.Reconcile(ctx)
	if err != nil {
		return nil, err
	}
	return grpcserver.ReconciliationToProto(result), nil
}

package mongostore

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/chain/mongochain"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// Reading is what can be read of the wallet in a database that nothing shall be written to: no index is made either.
type Reading struct {
	// Ledger holds all chains.
	Ledger chain.Store[domain.Line]
	// Redemptions are the documents of payouts.
	Redemptions *Redemptions
	// Queue holds the rewards that wait for budget.
	Queue *Queue
	// Lines is about how many documents the ledger has.
	Lines int64
}

// Read looks at a database without writing to it. It fails when the database has no ledger.
func Read(ctx context.Context, db *mongo.Database) (Reading, error) {
	names, err := db.ListCollectionNames(ctx, bson.D{{Key: "name", Value: Ledger}})
	if err != nil {
		return Reading{}, fmt.Errorf("look for the ledger in database %s: %w", db.Name(), err)
	}
	if len(names) == 0 {
		return Reading{}, fmt.Errorf("database %s has no collection %s: name the database of the wallet", db.Name(), Ledger)
	}
	lines, err := db.Collection(Ledger).EstimatedDocumentCount(ctx)
	if err != nil {
		return Reading{}, fmt.Errorf("count the ledger of database %s: %w", db.Name(), err)
	}
	return Reading{
		Ledger:      mongochain.New[domain.Line](db.Collection(Ledger)),
		Redemptions: &Redemptions{coll: db.Collection(RedemptionsCollection)},
		Queue:       &Queue{waiting: db.Collection(QueuedRewards)},
		Lines:       lines,
	}, nil
}

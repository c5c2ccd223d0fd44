// Package mongostore keeps the ledger in MongoDB, one document per line, as pkg/chain/mongochain describes.
package mongostore

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/chain/mongochain"
	"github.com/refersuite/refersuite/pkg/mongox"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// Ledger is the collection of all lines. It shards by k, the key of the chain.
const Ledger = "ledger"

// Open returns the ledger of a database, after it has made sure of its indexes.
func Open(ctx context.Context, db *mongo.Database) (chain.Store[domain.Line], error) {
	coll := db.Collection(Ledger)
	if err := mongox.EnsureIndexes(ctx, coll, mongochain.Indexes()...); err != nil {
		return nil, err
	}
	return mongochain.New[domain.Line](coll), nil
}

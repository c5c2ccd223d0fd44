package mongooutbox

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

func findOptions(projection bson.D) *options.FindOptionsBuilder {
	return options.Find().SetProjection(projection).SetBatchSize(pageSize)
}

func countOptions(limit int) *options.CountOptionsBuilder {
	return options.Count().SetLimit(int64(limit))
}

// closed closes a cursor and joins what that says with err.
func closed(ctx context.Context, cursor *mongo.Cursor, err error) error {
	return errors.Join(err, cursor.Close(ctx))
}

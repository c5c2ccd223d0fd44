package mongox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/refersuite/refersuite/pkg/clock"
)

const (
	indexAttempts = 6
	indexPause    = 200 * time.Millisecond
	codeExists    = 48 // NamespaceExists
)

// EnsureIndexes creates the collection and the declared indexes where they are missing. It is idempotent and any number
// of replicas may call it at the same time. An index that exists under the same name with other options is an error
// that names the collection: dropping an index is a decision for an operator, never for a start.
func EnsureIndexes(ctx context.Context, coll *mongo.Collection, models ...mongo.IndexModel) error {
	var err error
	for attempt := range indexAttempts {
		if attempt > 0 {
			if waitErr := clock.Wait(ctx, clock.System(), time.Duration(attempt)*indexPause); waitErr != nil {
				return fmt.Errorf("ensure indexes of %s: %w", coll.Name(), errors.Join(waitErr, err))
			}
		}
		if err = ensureOnce(ctx, coll, models); err == nil {
			return nil
		}
		if ctx.Err() != nil || !IsUnknownOutcome(err) {
			break
		}
	}
	return fmt.Errorf("ensure indexes of %s (if one exists with other options, drop it first): %w", coll.Name(), err)
}

func ensureOnce(ctx context.Context, coll *mongo.Collection, models []mongo.IndexModel) error {
	err := coll.Database().CreateCollection(ctx, coll.Name())
	var command mongo.CommandError
	if err != nil && (!errors.As(err, &command) || command.Code != codeExists) {
		return fmt.Errorf("create the collection: %w", err)
	}
	if len(models) == 0 {
		return nil
	}
	if _, err := coll.Indexes().CreateMany(ctx, models); err != nil {
		return fmt.Errorf("create the indexes: %w", err)
	}
	return nil
}

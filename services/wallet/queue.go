package wallet

import (
	"context"
	"fmt"

	"github.com/refersuite/refersuite/pkg/service"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/memstore"
	"github.com/refersuite/refersuite/services/wallet/internal/mongostore"
)

// openQueue returns the queue of rewards that wait for budget, on the stores of a runtime.
func openQueue(ctx context.Context, rt *service.Runtime) (app.Queue, error) {
	if rt.Mongo == nil {
		return memstore.NewQueue(), nil
	}
	queue, err := mongostore.OpenQueue(ctx, rt.Mongo)
	if err != nil {
		return nil, fmt.Errorf("open the queue of rewards: %w", err)
	}
	return queue, nil
}

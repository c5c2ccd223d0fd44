package service

import (
	"context"
	"fmt"

	"github.com/refersuite/refersuite/pkg/audit/memaudit"
	"github.com/refersuite/refersuite/pkg/audit/mongoaudit"
	"github.com/refersuite/refersuite/pkg/mongox"
)

// auditCollection is the collection of the audit trail in the database of every service.
const auditCollection = "audit"

// buildAudit keeps the audit trail where the service keeps everything else.
func (rt *Runtime) buildAudit(ctx context.Context, _ Config, _ Parts) error {
	if rt.Mongo == nil {
		store := memaudit.New(0)
		rt.Audit = store
		rt.onClose("the audit trail", store.Close)
		return nil
	}
	collection := rt.Mongo.Collection(auditCollection)
	if err := mongox.EnsureIndexes(ctx, collection, mongoaudit.Indexes()...); err != nil {
		return fmt.Errorf("indexes of the audit trail: %w", err)
	}
	store, err := mongoaudit.New(collection, mongoaudit.Deps{Logger: rt.Logger, MeterProvider: rt.Telemetry.MeterProvider})
	if err != nil {
		return err
	}
	rt.Audit = store
	rt.onClose("the audit trail", store.Close)
	return nil
}

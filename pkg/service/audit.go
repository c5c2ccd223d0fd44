package service

import (
	"context"

	"github.com/refersuite/refersuite/pkg/audit/memaudit"
)

// buildAudit keeps the audit trail where the service keeps everything else.
func (rt *Runtime) buildAudit(_ context.Context, _ Config, _ Parts) error {
	store := memaudit.New(0)
	rt.Audit = store
	rt.onClose("the audit trail", store.Close)
	return nil
}

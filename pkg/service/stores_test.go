package service_test

import (
	"testing"

	"github.com/refersuite/refersuite/pkg/audit"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/ops"
	"github.com/refersuite/refersuite/pkg/service"
	"github.com/refersuite/refersuite/pkg/testkit"
)

func TestRuntimeStores_KeepsTheAuditTrailInMongo(t *testing.T) {
	database := testkit.Mongo(t)
	parts := devParts(t)
	parts.Mongo, parts.Redis = database.Client(), testkit.Redis(t)
	cfg := settings(t, map[string]string{"MONGODB_DATABASE": database.Name()})
	rt := build(t, "wallet", cfg, parts)
	if rt.Mongo == nil || rt.Mongo.Name() != database.Name() {
		t.Fatalf("got %v", rt.Mongo)
	}
	intent := audit.Intent{ID: "1", Method: "/m", Subject: "ann", StartedAt: clock.System().Now()}
	if err := rt.Audit.Begin(testkit.Context(t), intent); err != nil {
		t.Fatal(err)
	}
	again := build(t, "wallet", cfg, service.Parts{
		Telemetry: parts.Telemetry, Issuer: parts.Issuer, Verifier: parts.Verifier, Mongo: parts.Mongo, Redis: parts.Redis,
	})
	entries, err := again.Audit.List(testkit.Context(t), audit.Query{})
	if err != nil || len(entries) != 1 || entries[0].Subject != "ann" {
		t.Fatalf("got %v, %v", entries, err)
	}
	if answer := ops.Ready(testkit.Context(t), rt.Checks()); answer.Checks["mongodb"] != "ok" {
		t.Errorf("got %+v", answer)
	}
}

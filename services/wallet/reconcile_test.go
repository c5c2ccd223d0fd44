package wallet_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/otelx"
	"github.com/refersuite/refersuite/pkg/service"
	"github.com/refersuite/refersuite/pkg/testkit"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/wallet"
)

func TestM8_LastReconciliationIsKept(t *testing.T) {
	w := serve(t)
	client, ctx := walletv1.NewWalletServiceClient(w.conn), w.system(t)
	_, err := client.GetReconciliation(ctx, &walletv1.GetReconciliationRequest{})
	wantStatus(t, err, codes.NotFound, "RECONCILIATION_NOT_FOUND", "")
	_, err = client.IssueReward(ctx, issueRequest(1))
	must(t, err)
	made, err := client.Reconcile(ctx, &walletv1.ReconcileRequest{})
	must(t, err)
	totals := made.GetCurrencies()[0]
	if !made.GetVerified() || len(made.GetFindingCounts()) != 0 || !made.GetStartedAt().AsTime().Equal(w.clock.Now()) ||
		made.GetFinishedAt() == nil || len(totals.GetDigest()) != 64 || totals.GetHeldMinor() != 5000 || totals.GetBudgetsMinor() != -5000 {
		t.Fatalf("got %v", made)
	}
	last, err := client.GetReconciliation(ctx, &walletv1.GetReconciliationRequest{})
	must(t, err)
	if !proto.Equal(last.GetReconciliation(), made) {
		t.Fatalf("kept %v, made %v", last, made)
	}
}

func TestM8_ResultIsAMetric(t *testing.T) {
	reader := sdk.NewManualReader()
	w, stop := start(t, func(_ *wallet.Config, parts *service.Parts) {
		telemetry := otelx.Discard()
		telemetry.MeterProvider = sdk.NewMeterProvider(sdk.WithReader(reader))
		parts.Telemetry = telemetry
	})
	defer stop()
	if got := reconcileMetrics(t, reader); len(got) != 0 {
		t.Fatalf("before the first run: %v", got)
	}
	_, err := walletv1.NewWalletServiceClient(w.conn).Reconcile(w.system(t), &walletv1.ReconcileRequest{})
	must(t, err)
	got := reconcileMetrics(t, reader)
	if got["zero_sum"] != 1 || got["last_run"] != float64(w.clock.Now().Unix()) || got["duration"] != 0 || len(got) != 10 ||
		got["findings BUDGET_DRIFT"] != 0 {
		t.Fatalf("got %v", got)
	}
}

// reconcileMetrics returns the metrics of the reconciliation by name and kind.
func reconcileMetrics(t *testing.T, reader sdk.Reader) map[string]float64 {
	t.Helper()
	var collected metricdata.ResourceMetrics
	must(t, reader.Collect(t.Context(), &collected))
	found := map[string]float64{}
	for _, scope := range collected.ScopeMetrics {
		for _, m := range scope.Metrics {
			name, ok := strings.CutPrefix(m.Name, "refersuite.wallet.reconcile.")
			if !ok {
				continue
			}
			switch data := m.Data.(type) {
			case metricdata.Gauge[int64]:
				for _, point := range data.DataPoints {
					kind, _ := point.Attributes.Value("kind")
					found[strings.TrimSpace(name+" "+kind.AsString())] = float64(point.Value)
				}
			case metricdata.Gauge[float64]:
				found[name] = data.DataPoints[0].Value
			}
		}
	}
	return found
}

func TestM8_BadSchedulesAreRefused(t *testing.T) {
	good := wallet.ReconcileConfig{At: "02:30", TimeZone: "Asia/Kolkata"}
	must(t, good.Validate())
	for name, change := range map[string]func(*wallet.ReconcileConfig){
		"RECONCILE_AT":        func(c *wallet.ReconcileConfig) { c.At = "25:00" },
		"RECONCILE_TIME_ZONE": func(c *wallet.ReconcileConfig) { c.TimeZone = "Mars/Base" },
		"RECONCILE_EVERY":     func(c *wallet.ReconcileConfig) { c.Every = time.Second },
	} {
		bad := good
		change(&bad)
		if err := bad.Validate(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	off := good
	off.At = "off"
	must(t, off.Validate())
}

func TestM8_ReplicasStores_MakeTheScheduledRunOnce(t *testing.T) {
	db := testkit.Mongo(t)
	shared := clock.NewFake(time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC))
	var clients []walletv1.WalletServiceClient
	var calls []context.Context
	for range 2 {
		w, stop := start(t, func(cfg *wallet.Config, parts *service.Parts) {
			cfg.Stores.MongoDatabase, parts.Mongo, parts.Clock = db.Name(), db.Client(), shared
			cfg.Reconcile.Every = time.Hour
		})
		defer stop()
		clients, calls = append(clients, walletv1.NewWalletServiceClient(w.conn)), append(calls, w.system(t))
	}
	_, err := clients[0].IssueReward(calls[0], issueRequest(1))
	must(t, err)
	for run := int64(1); run <= 3; run++ {
		shared.BlockUntil(2)
		shared.Advance(time.Hour)
		for i := range clients {
			for { // until the run is there
				last, err := clients[i].GetReconciliation(calls[i], &walletv1.GetReconciliationRequest{})
				if err == nil && last.GetReconciliation().GetStartedAt().AsTime().Equal(shared.Now()) {
					break
				}
				must(t, calls[i].Err())
			}
		}
		count, err := db.Collection("reconciliations").CountDocuments(t.Context(), bson.D{})
		must(t, err)
		if count != run {
			t.Fatalf("%d runs were made in %d hours", count, run)
		}
	}
}

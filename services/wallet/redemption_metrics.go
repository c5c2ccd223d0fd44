package wallet

import (
	"context"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// redemptionMetrics counts redemptions and tells how long the oldest open one waits. It is an app.RedemptionObserver.
type redemptionMetrics struct {
	moved  metric.Int64Counter
	oldest atomic.Uint64 // bits of the age in seconds
}

func newRedemptionMetrics(provider metric.MeterProvider) (*redemptionMetrics, error) {
	meter := provider.Meter("github.com/refersuite/refersuite/services/wallet")
	m := &redemptionMetrics{}
	var err error
	if m.moved, err = meter.Int64Counter("refersuite.wallet.redemptions",
		metric.WithDescription("Redemptions that came into a state, by status and currency.")); err != nil {
		return nil, fmt.Errorf("declare the metrics of redemptions: %w", err)
	}
	_, err = meter.Float64ObservableGauge("refersuite.wallet.oldest_open_redemption_age", metric.WithUnit("s"),
		metric.WithDescription("How long ago the oldest redemption was requested that is neither paid, failed nor cancelled; 0 without one."),
		metric.WithFloat64Callback(func(_ context.Context, o metric.Float64Observer) error {
			o.Observe(math.Float64frombits(m.oldest.Load()))
			return nil
		}))
	if err != nil {
		return nil, fmt.Errorf("declare the metrics of redemptions: %w", err)
	}
	return m, nil
}

// Moved implements app.RedemptionObserver.
func (m *redemptionMetrics) Moved(ctx context.Context, status domain.RedemptionStatus, currency string) {
	m.moved.Add(ctx, 1, metric.WithAttributes(attribute.String("status", string(status)), attribute.String("currency", currency)))
}

// oldestOpen takes note of when the oldest open redemption was requested; zero for none.
func (m *redemptionMetrics) oldestOpen(at, now time.Time) {
	age := 0.0
	if !at.IsZero() {
		age = now.Sub(at).Seconds()
	}
	m.oldest.Store(math.Float64bits(age))
}

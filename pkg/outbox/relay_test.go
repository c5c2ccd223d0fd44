package outbox_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/pkg/outbox/memoutbox"
	"github.com/refersuite/refersuite/pkg/testkit"
)

func TestMain(m *testing.M) { testkit.MainNoLeaks(m) }

// order is a small aggregate.
type order struct {
	id      string
	version int64
	box     outbox.Box
}

func orders() *memoutbox.Store[order] {
	return memoutbox.New(memoutbox.Access[order]{
		Box:     func(o *order) *outbox.Box { return &o.box },
		Version: func(o *order) *int64 { return &o.version },
	})
}

func loopOver(store *memoutbox.Store[order], c clock.Clock, send func(context.Context, outbox.Message) outbox.Outcome) *outbox.Loop[*order] {
	return &outbox.Loop[*order]{
		Load: func(_ context.Context, id string, _ bool) (*order, error) {
			o, ok := store.Get(id)
			if !ok {
				return nil, errors.New("no such order")
			}
			return &o, nil
		},
		Save: func(_ context.Context, o *order) error {
			_, err := store.Save(o.id, *o)
			return err
		},
		Box:  func(o *order) *outbox.Box { return &o.box },
		Send: func(ctx context.Context, _ *order, m outbox.Message) outbox.Outcome { return send(ctx, m) },
		Apply: func(o *order, m outbox.Message, at time.Time) {
			if m.ID == "first" && m.State == outbox.StateDone {
				o.box.Add(outbox.Message{ID: "follow-up", Kind: "k", Trace: m.Trace, CreatedAt: at})
			}
		},
		Clock:   c,
		Backoff: policy,
	}
}

// start runs a relay until stop, which returns once Run has.
func start(t *testing.T, r *outbox.Relay) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func TestRelay_FastPathDeliversWithoutAPoll(t *testing.T) {
	store, fake := orders(), clock.NewFake(now)
	sent := make(chan string, 10)
	relay := outbox.NewRelay(store, loopOver(store, fake, func(_ context.Context, m outbox.Message) outbox.Outcome {
		sent <- m.ID
		return outbox.Succeeded(nil)
	}), outbox.RelayOptions{Clock: fake})
	stop := start(t, relay)
	fake.BlockUntil(1) // the first poll has found nothing

	o := order{id: "o", box: *boxOf(message("first", "a"))}
	if !o.box.Acquire("mine", fake.Now(), relay.LeaseTTL()) {
		t.Fatal("the writer could not lease its own box")
	}
	store.Insert(o.id, o)
	if !relay.Submit(outbox.Lease{AggregateID: "o", Token: "mine", DueAt: o.box.DueAt}) {
		t.Fatal("the relay took no lease")
	}
	if first, second := <-sent, <-sent; first != "first" || second != "follow-up" {
		t.Errorf("delivered %s, %s", first, second)
	}
	stop()
	if stored, _ := store.Get("o"); stored.box.Lease != "" || !stored.box.DueAt.IsZero() {
		t.Errorf("after the delivery: %+v", stored.box)
	}
}

func TestRelay_PollFindsWhatBecameDue(t *testing.T) {
	store, fake := orders(), clock.NewFake(now)
	sent := make(chan string, 10)
	relay := outbox.NewRelay(store, loopOver(store, fake, func(_ context.Context, m outbox.Message) outbox.Outcome {
		sent <- m.ID
		return outbox.Succeeded(nil)
	}), outbox.RelayOptions{Clock: fake, Poll: time.Second, Queue: 2, Workers: 2, LeaseTTL: 1000 * time.Hour})
	want := []string{}
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		store.Insert(id, order{id: id, box: *boxOf(at(message(id, "a"), now.Add(time.Hour)))})
		want = append(want, id)
	}
	stop := start(t, relay)
	fake.BlockUntil(1)
	fake.Advance(time.Hour)
	collected, advanced := make(chan struct{}), make(chan struct{})
	go func() { // a full queue makes the poller wait for its next turn
		defer close(advanced)
		for {
			fake.BlockUntil(1)
			select {
			case <-collected:
				return
			default:
				fake.Advance(time.Second)
			}
		}
	}()
	var got []string
	for range want {
		got = append(got, <-sent)
	}
	close(collected)
	<-advanced
	stop()
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("delivered %v", got)
	}
}

func TestRelay_StopFinishesWhatWasStartedAndRefusesMore(t *testing.T) {
	entered, proceed := make(chan string, 2), make(chan struct{})
	var finished []string
	fake := clock.NewFake(now)
	relay := outbox.NewRelay(orders(), outbox.DelivererFunc(func(ctx context.Context, l outbox.Lease) error {
		entered <- l.AggregateID
		<-proceed
		if ctx.Err() != nil {
			t.Error("the end of the relay cut a delivery off")
		}
		finished = append(finished, l.AggregateID)
		return nil
	}), outbox.RelayOptions{Clock: fake, Workers: 1, Queue: 1})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- relay.Run(ctx) }()
	lease := func(id string) outbox.Lease {
		return outbox.Lease{AggregateID: id, Token: "t", DueAt: now.Add(time.Minute)}
	}
	relay.Submit(lease("started"))
	<-entered
	if !relay.Submit(lease("queued")) || relay.Submit(lease("too many")) {
		t.Error("the queue is not bounded as told")
	}
	cancel()
	for relay.Submit(lease("late")) {
		t.Error("a full queue took a lease")
	}
	close(proceed)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if relay.Submit(lease("later")) {
		t.Error("a stopped relay took a lease")
	}
	if !slices.Equal(finished, []string{"started"}) {
		t.Errorf("finished %v", finished)
	}
}

func TestRelay_SurvivesPanicsAndDropsLeasesThatRanOut(t *testing.T) {
	fake := clock.NewFake(now)
	got := make(chan string, 3)
	var log bytes.Buffer
	relay := outbox.NewRelay(orders(), outbox.DelivererFunc(func(_ context.Context, l outbox.Lease) error {
		got <- l.AggregateID
		if l.AggregateID == "panics" {
			panic("poison")
		}
		return errors.New("fails")
	}), outbox.RelayOptions{Clock: fake, Workers: 1, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for _, id := range []string{"panics", "fails"} {
		relay.Submit(outbox.Lease{AggregateID: id, DueAt: now.Add(time.Minute)})
	}
	relay.Submit(outbox.Lease{AggregateID: "ran out", DueAt: now})
	relay.Submit(outbox.Lease{AggregateID: "last", DueAt: now.Add(time.Minute)})
	stop := start(t, relay)
	for _, want := range []string{"panics", "fails", "last"} {
		if id := <-got; id != want {
			t.Errorf("worked on %q, want %q", id, want)
		}
	}
	stop()
	if text := log.String(); !strings.Contains(text, "panicked") || !strings.Contains(text, "did not finish") {
		t.Errorf("logged %s", text)
	}
}

func TestLoop_APanicInSendIsAFailedAttempt(t *testing.T) {
	store, fake := orders(), clock.NewFake(now)
	store.Insert("o", order{id: "o", box: *boxOf(message("poison", "a"), message("fine", "b"))})
	loop := loopOver(store, fake, func(_ context.Context, m outbox.Message) outbox.Outcome {
		if m.ID == "poison" {
			panic("poison")
		}
		return outbox.Succeeded(nil)
	})
	for range policy.MaxAttempts {
		leases, err := store.Lease(t.Context(), fake.Now(), time.Minute, "t", 1)
		if err != nil || len(leases) != 1 {
			t.Fatalf("leased %v, %v", leases, err)
		}
		if err := loop.Deliver(t.Context(), leases[0]); err != nil {
			t.Fatal(err)
		}
		fake.Advance(time.Minute)
	}
	o, _ := store.Get("o")
	if m, _ := o.box.Get("poison"); m.State != outbox.StateParked {
		t.Errorf("poison is %+v", m)
	}
	if m, _ := o.box.Get("fine"); m.State != outbox.StateDone {
		t.Errorf("its neighbour is %+v", m)
	}
}

func TestLoop_ContinuesTheTraceOfTheCause(t *testing.T) {
	spans := testkit.Spans(t)
	store, fake := orders(), clock.NewFake(now)
	ctx, cause := spans.Start(context.Background(), "change")
	m := message("first", "a")
	m.Trace = outbox.TraceOf(ctx)
	cause.End()
	store.Insert("o", order{id: "o", box: *boxOf(m)})
	var seen []string
	loop := loopOver(store, fake, func(ctx context.Context, _ outbox.Message) outbox.Outcome {
		seen = append(seen, outbox.TraceOf(ctx))
		return outbox.Succeeded(nil)
	})
	loop.Tracer = spans.Provider()
	leases, err := store.Lease(t.Context(), now, time.Minute, "t", 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := loop.Deliver(context.Background(), leases[0]); err != nil {
		t.Fatal(err)
	}
	delivered := spans.Named("outbox k")
	if len(delivered) != 2 || len(seen) != 2 {
		t.Fatalf("%d spans, %d sent", len(delivered), len(seen))
	}
	for _, span := range delivered {
		if span.Parent().SpanID() != cause.SpanContext().SpanID() || span.SpanContext().TraceID() != cause.SpanContext().TraceID() || !span.Parent().IsRemote() {
			t.Errorf("the delivery is a child of %v, not of the change", span.Parent().SpanID())
		}
	}
	if seen[0] == m.Trace || !strings.Contains(seen[0], cause.SpanContext().TraceID().String()) {
		t.Errorf("the receiver sees %s", seen[0])
	}
	for _, broken := range []string{"", "nonsense", "00-zz"} {
		if got := outbox.TraceOf(outbox.ContextWithTrace(context.Background(), broken)); got != "" {
			t.Errorf("%q became %q", broken, got)
		}
	}
}

func TestMetrics_ShowDeliveriesAndBacklog(t *testing.T) {
	reader := sdkmetric.NewManualReader()
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	metrics, err := outbox.NewMetrics(provider, "orders")
	if err != nil {
		t.Fatal(err)
	}
	store, fake := orders(), clock.NewFake(now)
	sent := make(chan struct{})
	loop := loopOver(store, fake, func(context.Context, outbox.Message) outbox.Outcome {
		close(sent)
		return outbox.Succeeded(nil)
	})
	loop.Metrics = metrics
	store.Insert("done", order{id: "done", box: *boxOf(message("m", "a"))})
	store.Insert("later", order{id: "later", box: *boxOf(at(message("m", "a"), now.Add(time.Hour)))})
	parked := boxOf(message("m", "a"))
	for range policy.MaxAttempts {
		parked.Settle("m", outbox.Outcome{State: outbox.StatePending}, now, policy)
	}
	store.Insert("parked", order{id: "parked", box: *parked})
	stop := start(t, outbox.NewRelay(store, loop, outbox.RelayOptions{Clock: fake, Metrics: metrics}))
	<-sent
	fake.BlockUntil(2) // poller and backlog
	stop()
	var data metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &data); err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, m := range data.ScopeMetrics[0].Metrics {
		switch points := m.Data.(type) {
		case metricdata.Sum[int64]:
			for _, p := range points.DataPoints {
				outcome, _ := p.Attributes.Value("outcome")
				got[m.Name+" "+outcome.AsString()] += p.Value
			}
		case metricdata.Gauge[int64]:
			for _, p := range points.DataPoints {
				state, _ := p.Attributes.Value("state")
				got[m.Name+" "+state.AsString()] = p.Value
			}
		}
	}
	for name, want := range map[string]int64{
		"refersuite.outbox.deliveries delivered": 1, "refersuite.outbox.backlog scheduled": 1,
		"refersuite.outbox.backlog parked": 1, "refersuite.outbox.queue_length ": 0,
	} {
		if value, ok := got[name]; !ok || value != want {
			t.Errorf("%s is %d, want %d", name, value, want)
		}
	}
}

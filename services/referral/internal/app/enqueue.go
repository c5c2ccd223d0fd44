package app

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// DefaultLeaseTTL is how long a writer's or relay's lease lasts unless set otherwise.
const DefaultLeaseTTL = 30 * time.Second

// prepare readies a changed aggregate for its write: the orders become messages, and when some are due and nobody holds
// the outbox, it is leased to this process in the same write. The lease is to be dispatched once the write succeeded.
func (s *Referrals) prepare(ctx context.Context, a *Aggregate, orders []domain.Order, t domain.Terms) (outbox.Lease, error) {
	now := s.Clock.Now()
	if err := enqueue(a, orders, outbox.TraceOf(ctx), now); err != nil {
		return outbox.Lease{}, err
	}
	a.Version++
	a.SweepAt = a.Referral.SweepAt(t)
	if len(orders) == 0 || s.Dispatch == nil {
		return outbox.Lease{}, nil
	}
	ttl := s.LeaseTTL
	if ttl <= 0 {
		ttl = DefaultLeaseTTL
	}
	token := s.IDs.NewID()
	if !a.Outbox.Acquire(token, now, ttl) {
		return outbox.Lease{}, nil
	}
	return outbox.Lease{AggregateID: a.ID, Token: token, DueAt: a.Outbox.DueAt}, nil
}

func (s *Referrals) dispatch(l outbox.Lease) {
	if l.Token != "" && s.Dispatch != nil {
		s.Dispatch.Submit(l)
	}
}

// enqueue adds orders as messages. An order to take a reward back cancels the release that was scheduled for it, unless
// the release was attempted: then wallet decides which of them wins (M4).
func enqueue(a *Aggregate, orders []domain.Order, trace string, now time.Time) error {
	for _, o := range orders {
		payload, err := encodeBody(o.Body)
		if err != nil {
			return fmt.Errorf("order %s: %w", o.ID, err)
		}
		a.Outbox.Add(outbox.Message{ID: o.ID, Kind: string(o.Kind), Lane: o.Lane, Payload: payload, Trace: trace,
			CreatedAt: now, NotBefore: o.NotBefore})
		if o.Kind == domain.ReverseReward {
			cancelRelease(a, "release/"+o.Body.RewardID, now)
		}
	}
	return nil
}

func cancelRelease(a *Aggregate, id string, now time.Time) {
	if m, ok := a.Outbox.Get(id); ok && m.State == outbox.StatePending && m.Attempts == 0 {
		a.Outbox.Settle(id, outbox.Outcome{State: outbox.StateRefused,
			Error: "REWARD_REVERSED: the reward was taken back before its release"}, now, outbox.Backoff{})
	}
}

var emptyBody = json.RawMessage("{}")

func encodeBody(b domain.Body) (json.RawMessage, error) {
	if b == (domain.Body{}) {
		return emptyBody, nil
	}
	return json.Marshal(b)
}

// orderOf returns the order that a message carries.
func orderOf(m *outbox.Message) (domain.Order, error) {
	o := domain.Order{ID: m.ID, Kind: domain.Kind(m.Kind), Lane: m.Lane, NotBefore: m.NotBefore}
	if len(m.Payload) > len(emptyBody) {
		if err := json.Unmarshal(m.Payload, &o.Body); err != nil {
			return o, fmt.Errorf("payload of %s: %w", m.ID, err)
		}
	}
	return o, nil
}

package app

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// Delivery sends the commands of referrals and applies the answers. Its methods are the parts of an outbox.Loop.
type Delivery struct {
	Store    ReferralStore
	Editions EditionStore
	Tiers    Tiers
	Wallet   Wallet
	Scores   Scores
	Fraud    Fraud
	Logger   *slog.Logger
}

// Load returns a copy of the aggregate with the terms it keeps.
func (d *Delivery) Load(ctx context.Context, id string, fresh bool) (*Aggregate, error) {
	load := d.Store.Peek
	if fresh {
		load = d.Store.Get
	}
	stored, err := load(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("referral %s: %w", id, err)
	}
	edition, err := editionOf(ctx, d.Editions, &stored.Referral)
	if err != nil {
		return nil, err
	}
	a := stored.Clone()
	a.terms = edition.Terms
	return a, nil
}

// Save stores the outcomes by compare-and-set.
func (d *Delivery) Save(ctx context.Context, a *Aggregate) error {
	a.Version++
	return d.Store.Save(ctx, a)
}

// Box returns the aggregate's outbox.
func (d *Delivery) Box(a *Aggregate) *outbox.Box { return &a.Outbox }

// Apply moves the referral by what became of a command: answers cause further commands, a final no is remembered.
func (d *Delivery) Apply(a *Aggregate, m outbox.Message, now time.Time) {
	if m.State != outbox.StateDone && m.State != outbox.StateRefused {
		return
	}
	orders, err := d.outcome(a, &m, now)
	if err == nil {
		err = enqueue(a, orders, m.Trace, now)
	}
	if err != nil { // what this service wrote itself cannot be read: nothing follows from it, and a person must look
		d.Logger.Error("the answer to a command cannot be applied", slog.String("message_id", m.ID), slog.String("error", err.Error()))
	}
	if domain.Kind(m.Kind) == domain.AssessReferral {
		dropPayload(a, m.ID)
	}
}

func (d *Delivery) outcome(a *Aggregate, m *outbox.Message, now time.Time) ([]domain.Order, error) {
	o, err := orderOf(m)
	if err != nil {
		return nil, err
	}
	if m.State == outbox.StateRefused {
		return a.Refused(o, a.terms, now), nil
	}
	var result domain.Result
	if len(m.Result) > 0 {
		if err := json.Unmarshal(m.Result, &result); err != nil {
			return nil, fmt.Errorf("answer to %s: %w", m.ID, err)
		}
	}
	return a.Delivered(o, result, a.terms, now), nil
}

// dropPayload forgets the personal data that a deferred assessment needed.
func dropPayload(a *Aggregate, id string) {
	for i := range a.Outbox.Messages {
		if a.Outbox.Messages[i].ID == id {
			a.Outbox.Messages[i].Payload = nil
		}
	}
}

package storetest

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// budgetModel is what the documents of a programme add up to, in the simplest way.
type budgetModel struct {
	rules domain.Rules
	now   time.Time
	// counted are the budget lines in force, by reward; given what was posted and not taken back.
	counted map[string]domain.BudgetLine
	given   map[string]gift
	// posted had a posting once, ended never will have one.
	posted, ended map[string]bool
	// uses are what limits were used for when a reward was looked at.
	uses []int64
}

// gift is a reward that somebody has.
type gift struct {
	user   string
	amount int64
	at     time.Time
}

// read adds up the documents.
func (p *budgetPlay) read() *budgetModel {
	m := &budgetModel{
		now: p.clock.Now(), counted: map[string]domain.BudgetLine{}, given: map[string]gift{},
		posted: map[string]bool{}, ended: map[string]bool{},
	}
	if e := p.last(domain.ProgramKey("p1")); e != nil && e.Body.Program.Rules != nil {
		m.rules = *e.Body.Program.Rules
	}
	for stripe := range int64(domain.BudgetStripes) {
		for _, e := range p.all(domain.StripeKey("p1", "INR", stripe)) {
			m.count(*e.Body.Budget)
		}
	}
	for _, user := range []string{"ann", "bob"} {
		for _, e := range p.all(domain.AccountKey(user, "INR")) {
			m.post(*e.Body.Posting, e.At)
		}
	}
	return m
}

func (m *budgetModel) count(l domain.BudgetLine) {
	switch l.Kind { //nolint:exhaustive // the others count nothing
	case domain.BudgetReserve, domain.BudgetSpend:
		m.counted[l.RewardID] = l
	case domain.BudgetCancel, domain.BudgetGiveBack, domain.BudgetRefuseHeld, domain.BudgetRefuseSpent:
		delete(m.counted, l.RewardID)
	case domain.BudgetVoid:
		m.ended[l.RewardID] = true
	}
}

func (m *budgetModel) post(p domain.Posting, at time.Time) {
	switch p.Kind { //nolint:exhaustive // the others give nothing and take nothing back
	case domain.PostingRewardHeld, domain.PostingRewardAvailable:
		if !p.CountedAt.IsZero() {
			at = p.CountedAt
		}
		m.given[p.RewardID], m.posted[p.RewardID] = gift{p.User, p.Amount, at}, true
	case domain.PostingHoldReversal, domain.PostingReversal:
		delete(m.given, p.RewardID)
	case domain.PostingRewardRefused:
		m.ended[p.RewardID] = true
	}
}

// used returns what a limit was used for in its present period.
func (m *budgetModel) used(limit domain.Limit, user string) (sum int64) {
	start, end := limit.Period.Bounds(m.now, m.rules.Zone())
	in := func(at time.Time) bool { return end.IsZero() || (!at.Before(start) && at.Before(end)) }
	if limit.Scope == domain.ScopeProgram {
		for _, l := range m.counted {
			if in(l.CountedAt) {
				sum += l.Amount
			}
		}
		return sum
	}
	for _, g := range m.given {
		if g.user == user && in(g.at) {
			sum += g.amount
		}
	}
	return sum
}

// fits reports whether a reward fits into all limits that are asked about it. One that the budget counted and that waits
// for a limit of its referrer is not counted again.
func (m *budgetModel) fits(r domain.Reward) bool {
	m.uses = nil
	fits := true
	for _, limit := range m.rules.Limits {
		used := m.used(limit, r.Beneficiary)
		m.uses = append(m.uses, used)
		if _, counted := m.counted[r.ID]; counted && limit.Scope == domain.ScopeProgram {
			continue
		}
		fits = fits && used+r.Amount <= limit.Amount
	}
	return fits
}

// wantRight compares the budget with its documents, unless something was cut off.
func (p *budgetPlay) wantRight() {
	if len(p.pending) > 0 {
		return
	}
	m := p.read()
	if m.rules.Version == 0 {
		return
	}
	for _, user := range []string{"ann", "bob"} {
		b, err := p.procs[1].Budget(context.Background(), "p1", user)
		if err != nil {
			p.t.Fatalf("get budget: %v", err)
		}
		for _, u := range slices.Concat(b.Limits, b.ReferrerLimits) {
			if want := m.used(u.Limit, user); u.Used.Amount != want {
				p.t.Fatalf("%s %s of %s says %d used, its documents add up to %d: %+v", u.Limit.Scope, u.Limit.Period, user,
					u.Used.Amount, want, slices.Collect(maps.Values(m.counted)))
			}
		}
		if len(b.Limits)+len(b.ReferrerLimits) != len(m.rules.Limits) {
			p.t.Fatalf("got %d limits of %d", len(b.Limits)+len(b.ReferrerLimits), len(m.rules.Limits))
		}
	}
}

func (p *budgetPlay) all(key string) []*chain.Entry[domain.Line] {
	entries, err := p.store.Range(context.Background(), key, chain.Page{Limit: chain.MaxLimit})
	if err != nil || len(entries) == chain.MaxLimit {
		p.t.Fatalf("read %s: %d entries, %v", key, len(entries), err)
	}
	return entries
}

func (p *budgetPlay) last(key string) *chain.Entry[domain.Line] {
	e, err := p.store.Head(context.Background(), key)
	if err != nil {
		p.t.Fatalf("read %s: %v", key, err)
	}
	return e
}

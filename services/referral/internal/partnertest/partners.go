// Package partnertest stands in for the services that referral calls: idempotent by command id like the real ones, strict
// about what a repeated command says, and breakable before and after the effect.
package partnertest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// Partners implements app.Tiers, app.Wallet, app.Scores and app.Fraud in one.
type Partners struct {
	clock clock.Clock

	mu       sync.Mutex
	before   func(kind domain.Kind, id string) error
	after    func(kind domain.Kind, id string) error
	band     func(a app.Assessment) (domain.Band, error)
	ladders  map[string]domain.Terms
	members  map[string]*member
	executed map[string]answer
	calls    map[string]int
	rewards  map[string]*Reward
	scores   map[string]int64
}

type answer struct {
	contents string
	result   any
}

type member struct {
	count   int64
	counted map[string]bool
	bonused map[string]bool
	tier    int
}

// Reward is what the wallet knows of a reward.
type Reward struct {
	Beneficiary string
	AmountMinor int64
	ReleaseAt   time.Time
	Released    bool
	Reversed    bool
}

// New returns partners that know nothing yet and find nothing suspicious.
func New(c clock.Clock) *Partners {
	return &Partners{clock: c, ladders: map[string]domain.Terms{}, members: map[string]*member{}, executed: map[string]answer{},
		calls: map[string]int{}, rewards: map[string]*Reward{}, scores: map[string]int64{}}
}

// BreakBefore has every call fail with what f returns, before its effect; nil repairs it.
func (p *Partners) BreakBefore(f func(kind domain.Kind, id string) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.before = f
}

// BreakAfter has every call fail with what f returns, after its effect; nil repairs it.
func (p *Partners) BreakAfter(f func(kind domain.Kind, id string) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.after = f
}

// Judge has fraud answer what f returns; nil means ALLOW.
func (p *Partners) Judge(f func(a app.Assessment) (domain.Band, error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.band = f
}

// execute runs a command once per id and remembers its answer.
func execute[R any](p *Partners, kind domain.Kind, id, contents string, effect func() (R, error)) (R, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var none R
	if p.before != nil {
		if err := p.before(kind, id); err != nil {
			return none, err
		}
	}
	p.calls[id]++
	known, seen := p.executed[id]
	if seen && known.contents != contents {
		return none, command.ErrReused(id)
	}
	if !seen {
		result, err := effect()
		if err != nil {
			return none, err
		}
		known = answer{contents, result}
		p.executed[id] = known
	}
	if p.after != nil {
		if err := p.after(kind, id); err != nil {
			return none, err
		}
	}
	result, ok := known.result.(R)
	if !ok {
		return none, fmt.Errorf("command %s was of another kind", id)
	}
	return result, nil
}

// Executed returns the ids of all commands that had an effect, sorted.
func (p *Partners) Executed() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Sorted(maps.Keys(p.executed))
}

// Calls returns how often a command arrived.
func (p *Partners) Calls(id string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls[id]
}

// Balance returns what a person was paid less what was taken back.
func (p *Partners) Balance(userID string) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	var sum int64
	for _, w := range p.rewards {
		if w.Beneficiary == userID && !w.Reversed {
			sum += w.AmountMinor
		}
	}
	return sum
}

// RewardOf returns a reward by its command id.
func (p *Partners) RewardOf(id string) (Reward, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w, ok := p.rewards[id]
	if !ok {
		return Reward{}, false
	}
	return *w, true
}

// Score returns a person's points in a programme.
func (p *Partners) Score(programID, userID string) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.scores[programID+"/"+userID]
}

// Count returns a person's completed referrals in a programme.
func (p *Partners) Count(programID, userID string) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if m := p.members[programID+"/"+userID]; m != nil {
		return m.count
	}
	return 0
}

// Assess implements app.Fraud.
func (p *Partners) Assess(_ context.Context, a app.Assessment) (domain.Band, error) {
	p.mu.Lock()
	band := p.band
	p.mu.Unlock()
	if band == nil {
		return domain.Allow, nil
	}
	return band(a)
}

func notFound(reason, what string) error {
	return errs.New(errs.NotFound, reason, "there is no %s", what)
}

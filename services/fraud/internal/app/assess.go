package app

import (
	"context"
	"fmt"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/fraud/internal/domain"
)

// Request is a referral to assess, with addresses and devices as they came. They go no further than their fingerprints.
type Request struct {
	ReferralID, ProgramID, ReferrerID, RefereeID, Code string

	Address, Device, ReferrerAddress, ReferrerDevice string

	OccurredAt time.Time
}

// Assess scores a referral and stores the assessment. Idempotent by referral: the same facts return the stored assessment
// as replayed, other facts are refused with command.ErrReused and change nothing. Of any number of racers one stores, and
// all return what it stored.
//
// The order makes racers of one device or address visible to each other: a referee is sighted first and counted after.
func (a *Assessor) Assess(ctx context.Context, req Request) (result domain.Assessment, replayed bool, err error) {
	facts := a.facts(req)
	hash := factsHash(facts)
	if facts.Identifiable() {
		stored, ok, err := a.store.Get(ctx, facts.ReferralID)
		if err != nil {
			return domain.Assessment{}, false, fmt.Errorf("look for an assessment of %s: %w", facts.ReferralID, err)
		}
		if ok {
			return replay(stored, facts, hash)
		}
		if err := a.store.Sight(ctx, facts.Sighting()); err != nil {
			return domain.Assessment{}, false, fmt.Errorf("sight the referee of %s: %w", facts.ReferralID, err)
		}
	}
	counts, err := a.store.Count(ctx, facts)
	if err != nil {
		return domain.Assessment{}, false, fmt.Errorf("count for %s: %w", facts.ReferralID, err)
	}
	result = domain.Assess(facts, counts, a.bands, a.clock.Now())
	result.FactsHash = hash
	stored, err := a.store.Insert(ctx, result)
	if err != nil {
		return domain.Assessment{}, false, fmt.Errorf("store the assessment of %s: %w", facts.ReferralID, err)
	}
	if stored {
		return result, false, nil
	}
	return a.lost(ctx, facts, hash)
}

// lost returns the assessment that was stored first.
func (a *Assessor) lost(ctx context.Context, facts domain.Facts, hash [32]byte) (domain.Assessment, bool, error) {
	stored, ok, err := a.store.Get(ctx, facts.ReferralID)
	if err != nil {
		return domain.Assessment{}, false, fmt.Errorf("read the assessment of %s: %w", facts.ReferralID, err)
	}
	if !ok {
		return domain.Assessment{}, false, errs.OutcomeUnknown(fmt.Errorf("the assessment of %s exists but cannot be read yet", facts.ReferralID))
	}
	return replay(stored, facts, hash)
}

// replay returns a stored assessment to a caller who brings the same facts. After a change of the key fingerprints cannot be
// compared, so the rest decides.
func replay(stored domain.Assessment, facts domain.Facts, hash [32]byte) (domain.Assessment, bool, error) {
	same := stored.FactsHash == hash
	if stored.Facts.KeyID != facts.KeyID {
		same = plain(stored.Facts) == plain(facts)
	}
	if !same {
		return domain.Assessment{}, false, command.ErrReused(facts.ReferralID)
	}
	return stored, true, nil
}

// plain returns the facts without fingerprints.
func plain(f domain.Facts) domain.Facts {
	return domain.Facts{
		ReferralID: f.ReferralID, ProgramID: f.ProgramID, ReferrerID: f.ReferrerID, RefereeID: f.RefereeID, Code: f.Code,
		OccurredAt: clock.Truncate(f.OccurredAt),
	}
}

func (a *Assessor) facts(req Request) domain.Facts {
	return domain.Facts{
		ReferralID: req.ReferralID, ProgramID: req.ProgramID, ReferrerID: req.ReferrerID, RefereeID: req.RefereeID,
		Code: req.Code, OccurredAt: clock.Truncate(req.OccurredAt),
		Device: a.prints.Device(req.Device), Address: a.prints.Address(req.Address),
		ReferrerDevice: a.prints.Device(req.ReferrerDevice), ReferrerAddress: a.prints.Address(req.ReferrerAddress),
		KeyID: a.prints.KeyID(),
	}
}

// factsHash covers fingerprints, not what they were made of: a bare hash of an address could be guessed.
func factsHash(f domain.Facts) [32]byte {
	return command.New(f.ReferralID, "fraud.assess.v1",
		command.String("program", f.ProgramID),
		command.String("referrer", f.ReferrerID),
		command.String("referee", f.RefereeID),
		command.String("code", f.Code),
		command.Time("occurred_at", f.OccurredAt),
		command.String("address", string(f.Address)),
		command.String("device", string(f.Device)),
		command.String("referrer_address", string(f.ReferrerAddress)),
		command.String("referrer_device", string(f.ReferrerDevice))).Hash
}

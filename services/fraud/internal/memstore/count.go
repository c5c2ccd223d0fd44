package memstore

import (
	"context"
	"time"

	"github.com/refersuite/refersuite/services/fraud/internal/domain"
)

// forever is later than anything that occurs.
var forever = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// Count implements app.Store.
func (s *Store) Count(ctx context.Context, f domain.Facts) (domain.Counts, error) {
	if err := ctx.Err(); err != nil {
		return domain.Counts{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var c domain.Counts
	referrals := s.referrers[personKey{f.ProgramID, f.ReferrerID}]
	for _, one := range referrals.within(f.OccurredAt.Add(-domain.VelocityWindow), f.OccurredAt) {
		if c.ReferrerReferrals == domain.MaxReferrals {
			break
		}
		c.ReferrerReferrals++
		if f.Code != "" && one.value == f.Code {
			c.CodeReferrals++
		}
	}
	if f.Device != "" {
		line := s.devices[printKey{f.ProgramID, f.Device}]
		c.DevicePeople, c.DeviceSignups = people(line, f, time.Time{}, domain.DeviceWindow)
	}
	if f.Address != "" {
		line := s.addresses[printKey{f.ProgramID, f.Address}]
		c.AddressPeople, c.AddressSignups = people(line, f, f.OccurredAt.Add(-domain.AddressMemory), domain.VelocityWindow)
	}
	return c, nil
}

// people counts other referees since a time, and those among them in the window before the referral.
func people(line *timeline[string], f domain.Facts, since time.Time, window time.Duration) (all, recent int) {
	start, end := f.OccurredAt.Add(-window).UnixMilli(), f.OccurredAt.UnixMilli()
	for _, one := range line.within(since, forever) {
		if all == domain.MaxPeople {
			break
		}
		if one.value == f.RefereeID {
			continue
		}
		all++
		if one.at > start && one.at <= end {
			recent++
		}
	}
	return all, recent
}

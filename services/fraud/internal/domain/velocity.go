package domain

import "fmt"

// Points of velocity. A popular referrer brings hundreds within an hour and is honest, so velocity only adds to what else
// is found.
var (
	referrerVelocity = []step{{25, 10}, {50, 15}, {MaxReferrals, 25}}
	codeVelocity     = []step{{25, 10}, {50, 15}, {MaxReferrals, 25}}
	deviceVelocity   = []step{{2, 15}, {4, 25}}
	addressVelocity  = []step{{10, 5}}
)

// velocity finds more referrals in a short time than people usually make: the strongest of its four counts.
func velocity(f Facts, c Counts) []Signal {
	best := Signal{Name: SignalVelocity, weak: true}
	offer := func(points int, format string, args ...any) {
		if points > best.Points {
			best.Points, best.Evidence = points, fmt.Sprintf(format, args...)
		}
	}
	offer(climb(referrerVelocity, c.ReferrerReferrals), "referrals by the same referrer in %s: %s",
		VelocityWindow, atLeast(c.ReferrerReferrals, MaxReferrals))
	if f.Code != "" {
		offer(climb(codeVelocity, c.CodeReferrals), "referrals with the same code in %s: %s",
			VelocityWindow, atLeast(c.CodeReferrals, MaxReferrals))
	}
	offer(climb(deviceVelocity, c.DeviceSignups), "sign-ups on the same device in %s: %s",
		DeviceWindow, atLeast(c.DeviceSignups, MaxPeople))
	offer(climb(addressVelocity, c.AddressSignups), "sign-ups from the same address in %s: %s",
		VelocityWindow, atLeast(c.AddressSignups, MaxPeople))
	if best.Points == 0 {
		return nil
	}
	return []Signal{best}
}

package domain

import "time"

// Fingerprint is a keyed hash of an address or a device. Whoever lacks the key cannot tell what it was made of. Empty means
// that the address or device is unknown.
type Fingerprint string

// Facts are what is known about a referral when it is assessed.
type Facts struct {
	// ReferralID names the referral; it has one assessment.
	ReferralID string
	// ProgramID names the programme. People, devices and addresses are only compared within one.
	ProgramID string
	// ReferrerID is who invited.
	ReferrerID string
	// RefereeID is who was invited.
	RefereeID string
	// Code is the code that was used; empty for an invitation without one.
	Code string
	// OccurredAt is when the referral was created, in UTC milliseconds. Windows end here.
	OccurredAt time.Time
	// Device and Address are those of the referee.
	Device, Address Fingerprint
	// ReferrerDevice and ReferrerAddress are those of the referrer.
	ReferrerDevice, ReferrerAddress Fingerprint
	// KeyID names the key of the fingerprints. Those of different keys cannot be compared.
	KeyID string
}

// Identifiable reports whether the referee's device or address is known.
func (f Facts) Identifiable() bool { return f.Device != "" || f.Address != "" }

// Sighting is a referee seen on a device or at an address. It is kept apart from the assessment and before it, so that of two
// referrals assessed at the same moment at least one sees the other.
type Sighting struct {
	ReferralID, ProgramID, RefereeID string
	Device, Address                  Fingerprint
	OccurredAt                       time.Time
}

// Sighting returns what the facts say about where the referee was seen.
func (f Facts) Sighting() Sighting {
	return Sighting{
		ReferralID: f.ReferralID, ProgramID: f.ProgramID, RefereeID: f.RefereeID,
		Device: f.Device, Address: f.Address, OccurredAt: f.OccurredAt,
	}
}

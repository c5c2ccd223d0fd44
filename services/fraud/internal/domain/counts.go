package domain

import "time"

// The windows end when the referral occurred: what occurred at the beginning of a window is outside, at its end inside.
const (
	// VelocityWindow is the window in which referrals of one referrer, by one code and at one address are counted.
	VelocityWindow = time.Hour
	// DeviceWindow is the window in which sign-ups on one device are counted.
	DeviceWindow = 24 * time.Hour
	// AddressMemory is how long before a referral others at its address count as sharing it: addresses move on.
	AddressMemory = 30 * 24 * time.Hour
)

// Counting stops at these limits, so that a question costs the same however much there is. No rule asks for more.
const (
	// MaxReferrals bounds the referrals of one referrer, or by one code, that are counted.
	MaxReferrals = 100
	// MaxPeople bounds the people on one device or at one address that are counted.
	MaxPeople = 25
)

// Counts are what the store knows about others of the same programme, before the assessment of the referral is stored.
type Counts struct {
	// ReferrerReferrals counts referrals of the same referrer in the VelocityWindow, up to MaxReferrals.
	ReferrerReferrals int
	// CodeReferrals counts those among them that used the same code.
	CodeReferrals int
	// DevicePeople counts other referees on the same device, ever, up to MaxPeople, the newest first.
	DevicePeople int
	// DeviceSignups counts those among them in the DeviceWindow.
	DeviceSignups int
	// AddressPeople counts other referees at the same address since the beginning of the AddressMemory, up to MaxPeople, the
	// newest first.
	AddressPeople int
	// AddressSignups counts those among them in the VelocityWindow.
	AddressSignups int
}

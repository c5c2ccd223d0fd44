package domain

import (
	"fmt"
	"strings"
)

// referrersAddress is what the referrer's own address adds: people invite those they live and work with.
const referrersAddress = 15

// addressPeople is what others at the address add. Carriers put thousands of people behind one address.
var addressPeople = []step{{1, 10}, {5, 20}, {20, 30}}

// sharedAddress finds addresses that several people use. It is weak evidence (F2).
func sharedAddress(f Facts, c Counts) []Signal {
	if f.Address == "" {
		return nil
	}
	points := climb(addressPeople, c.AddressPeople)
	var evidence []string
	if f.Address == f.ReferrerAddress {
		points = max(points, referrersAddress)
		evidence = append(evidence, "the referrer uses the same address")
	}
	if c.AddressPeople > 0 {
		evidence = append(evidence, fmt.Sprintf("people who signed up from the same address in %d days: %s",
			int(AddressMemory.Hours()/24), atLeast(c.AddressPeople, MaxPeople)))
	}
	if points == 0 {
		return nil
	}
	return []Signal{{Name: SignalSharedAddress, Points: points, Evidence: strings.Join(evidence, "; "), weak: true}}
}

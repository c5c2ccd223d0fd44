package domain

import (
	"fmt"
	"strings"
)

// referrersDevice is what a referee on the device of the referrer adds: a family may share one, so it is looked at.
const referrersDevice = 60

// devicePeople is what others on the device add: one may be a relative, many are a farm.
var devicePeople = []step{{1, 50}, {2, 60}, {3, 70}, {5, 80}}

// sharedDevice finds devices that are not one person's own.
func sharedDevice(f Facts, c Counts) []Signal {
	if f.Device == "" {
		return nil
	}
	points := climb(devicePeople, c.DevicePeople)
	var evidence []string
	if f.Device == f.ReferrerDevice {
		points = max(points, referrersDevice)
		evidence = append(evidence, "the referrer uses the same device")
	}
	if c.DevicePeople > 0 {
		evidence = append(evidence, fmt.Sprintf("people who signed up on the same device before or since: %s",
			atLeast(c.DevicePeople, MaxPeople)))
	}
	if points == 0 {
		return nil
	}
	return []Signal{{Name: SignalSharedDevice, Points: points, Evidence: strings.Join(evidence, "; ")}}
}

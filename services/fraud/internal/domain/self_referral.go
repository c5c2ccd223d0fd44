package domain

// selfReferral finds a person who invited themselves.
func selfReferral(f Facts, _ Counts) []Signal {
	if f.ReferrerID != f.RefereeID {
		return nil
	}
	return []Signal{{Name: SignalSelfReferral, Points: 100, Evidence: "referrer and referee are the same person"}}
}

// Package domain holds the rules of tiers: what a ladder is and how completed and reversed referrals move a person on it.
// It knows no store, no clock and no transport.
//
// A person's tier is a state of its own, moved by completions and reversals only; publishing another ladder never moves it.
// What a stored tier means on another ladder is decided when it is looked at: the tier of the same name, or, when the
// ladder has no such name, the highest one whose threshold is not above the threshold at which the stored tier was held.
// The next completion then lifts the person to what the count amounts to on that ladder, and pays the bonuses in between.
package domain

package app

import (
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/services/fraud/internal/domain"
)

// Assessor executes the use cases of fraud. It is safe for concurrent use, by any number of processes on one store.
type Assessor struct {
	store  Store
	prints *Fingerprints
	bands  domain.Bands
	clock  clock.Clock
}

// NewAssessor returns an assessor on a store. The bands must be valid.
func NewAssessor(store Store, prints *Fingerprints, bands domain.Bands, clk clock.Clock) *Assessor {
	return &Assessor{store: store, prints: prints, bands: bands, clock: clk}
}

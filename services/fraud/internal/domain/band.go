package domain

import "errors"

// Band is what a score means.
type Band string

// The bands, from harmless to refused.
const (
	BandAllow  Band = "ALLOW"
	BandReview Band = "REVIEW"
	BandBlock  Band = "BLOCK"
)

// MaxScore is the highest score.
const MaxScore = 100

// Bands says at which scores a band begins: ALLOW below Review, BLOCK from Block on.
type Bands struct {
	Review int `json:"review"`
	Block  int `json:"block"`
}

// DefaultBands are the bands of rule F1.
func DefaultBands() Bands { return Bands{Review: 40, Block: 80} }

// ErrBands refuses thresholds that leave a band empty or out of reach.
var ErrBands = errors.New("bands must satisfy 1 <= review < block <= 100")

// Validate checks the order of the thresholds.
func (b Bands) Validate() error {
	if b.Review < 1 || b.Review >= b.Block || b.Block > MaxScore {
		return ErrBands
	}
	return nil
}

// Of returns the band of a score.
func (b Bands) Of(score int) Band {
	switch {
	case score >= b.Block:
		return BandBlock
	case score >= b.Review:
		return BandReview
	default:
		return BandAllow
	}
}

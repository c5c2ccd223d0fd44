package domain

import (
	"errors"
	"math"
)

// ErrAmountOverflow says that a balance would leave the range of a 64-bit number.
var ErrAmountOverflow = errors.New("the balance would leave the range of 64-bit minor units")

// Add returns a + b, or ErrAmountOverflow.
func Add(a, b int64) (int64, error) {
	if (b > 0 && a > math.MaxInt64-b) || (b < 0 && a < math.MinInt64-b) {
		return 0, ErrAmountOverflow
	}
	return a + b, nil
}

// Sub returns a - b, or ErrAmountOverflow.
func Sub(a, b int64) (int64, error) {
	if (b < 0 && a > math.MaxInt64+b) || (b > 0 && a < math.MinInt64+b) {
		return 0, ErrAmountOverflow
	}
	return a - b, nil
}

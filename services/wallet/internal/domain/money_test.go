package domain

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestM1_SumsNeverWrap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		for name, op := range map[string]struct {
			got  func(a, b int64) (int64, error)
			want *big.Int
		}{
			"add": {Add, new(big.Int).Add(big.NewInt(a), big.NewInt(b))},
			"sub": {Sub, new(big.Int).Sub(big.NewInt(a), big.NewInt(b))},
		} {
			got, err := op.got(a, b)
			if op.want.IsInt64() != (err == nil) {
				t.Fatalf("%s %d %d: exact %s, error %v", name, a, b, op.want, err)
			}
			if err == nil && got != op.want.Int64() {
				t.Fatalf("%s %d %d = %d, want %s", name, a, b, got, op.want)
			}
		}
	})
}

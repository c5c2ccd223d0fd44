package domain

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestM1_AmountsHaveTheDecimalsOfTheirCurrency(t *testing.T) {
	for _, c := range []struct {
		minor             int64
		currency          string
		decimal, readable string
	}{
		{123456, "INR", "1234.56", "INR 1,234.56"},
		{-123456, "INR", "-1234.56", "INR -1,234.56"},
		{5, "INR", "0.05", "INR 0.05"},
		{-5, "INR", "-0.05", "INR -0.05"},
		{0, "INR", "0.00", "INR 0.00"},
		{123456, "JPY", "123456", "JPY 123,456"},
		{0, "JPY", "0", "JPY 0"},
		{-999, "JPY", "-999", "JPY -999"},
		{1234567, "KWD", "1234.567", "KWD 1,234.567"},
		{7, "TND", "0.007", "TND 0.007"},
		{12345, "CLF", "1.2345", "CLF 1.2345"},
		{100000, "ZZZ", "1000.00", "ZZZ 1,000.00"},
		{math.MaxInt64, "USD", "92233720368547758.07", "USD 92,233,720,368,547,758.07"},
		{math.MinInt64, "USD", "-92233720368547758.08", "USD -92,233,720,368,547,758.08"},
	} {
		if got := Decimal(c.minor, c.currency); got != c.decimal {
			t.Errorf("%d %s is %s, want %s", c.minor, c.currency, got, c.decimal)
		}
		if got := Money(c.minor, c.currency); got != c.readable {
			t.Errorf("%d %s reads %s, want %s", c.minor, c.currency, got, c.readable)
		}
	}
}

func TestM1_DecimalsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minor := rapid.Int64().Draw(t, "minor")
		currency := rapid.SampledFrom([]string{"INR", "JPY", "KWD", "UYW"}).Draw(t, "currency")
		got, ok := new(big.Rat).SetString(Decimal(minor, currency))
		scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(Exponent(currency))), nil)
		if want := new(big.Rat).SetFrac(big.NewInt(minor), scale); !ok || got.Cmp(want) != 0 {
			t.Fatalf("%d %s became %v", minor, currency, got)
		}
		if strings.ReplaceAll(Grouped(minor, currency), ",", "") != Decimal(minor, currency) {
			t.Fatalf("%s and %s differ", Grouped(minor, currency), Decimal(minor, currency))
		}
	})
}

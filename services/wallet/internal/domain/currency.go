package domain

import (
	"strconv"
	"strings"
)

// exponents are the decimals of the currencies of ISO 4217 that do not have two. Funds and metals without minor unit count
// as having none.
var exponents = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0, "UYI": 0,
	"VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"XAG": 0, "XAU": 0, "XBA": 0, "XBB": 0, "XBC": 0, "XBD": 0, "XDR": 0, "XPD": 0, "XPT": 0, "XSU": 0, "XTS": 0, "XUA": 0, "XXX": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
	"CLF": 4, "UYW": 4,
}

// Exponent returns how many decimals an amount of a currency has, by ISO 4217; 2 for a code that it does not list.
func Exponent(currency string) int {
	if e, ok := exponents[currency]; ok {
		return e
	}
	return 2
}

// Decimal writes an amount of minor units as a decimal number with a point and nothing between the thousands, such as
// -1234.50.
func Decimal(minor int64, currency string) string {
	sign, digits := "", strconv.FormatInt(minor, 10)
	if minor < 0 {
		sign, digits = "-", digits[1:]
	}
	e := Exponent(currency)
	if e == 0 {
		return sign + digits
	}
	if short := e + 1 - len(digits); short > 0 {
		digits = strings.Repeat("0", short) + digits
	}
	return sign + digits[:len(digits)-e] + "." + digits[len(digits)-e:]
}

// Grouped is Decimal with commas between the thousands, such as -1,234.50.
func Grouped(minor int64, currency string) string {
	number := Decimal(minor, currency)
	sign := ""
	if minor < 0 {
		sign, number = "-", number[1:]
	}
	whole, fraction, _ := strings.Cut(number, ".")
	var b strings.Builder
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	if fraction != "" {
		fraction = "." + fraction
	}
	return sign + b.String() + fraction
}

// Money is Grouped with the code of the currency before it, such as INR 1,234.50.
func Money(minor int64, currency string) string { return currency + " " + Grouped(minor, currency) }

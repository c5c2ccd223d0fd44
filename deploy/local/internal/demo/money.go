package demo

import (
	"fmt"
	"strconv"
)

// rupees writes minor units of INR as people in India do: ₹1,00,000, -₹50, ₹0.50.
func rupees(minor int64) string {
	sign := ""
	if minor < 0 {
		sign, minor = "-", -minor
	}
	text := sign + "₹" + grouped(minor/100)
	if paisa := minor % 100; paisa != 0 {
		text += fmt.Sprintf(".%02d", paisa)
	}
	return text
}

// grouped puts commas before the last three digits and every two before them.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	if len(digits) <= 3 {
		return digits
	}
	rest, text := digits[:len(digits)-3], digits[len(digits)-3:]
	for len(rest) > 2 {
		rest, text = rest[:len(rest)-2], rest[len(rest)-2:]+","+text
	}
	return rest + "," + text
}

package domain

import "strings"

// Contact is how a person can be reached. It is compared in memory and never stored.
type Contact struct {
	Email string
	Phone string
}

// SameContact reports whether both contacts share an e-mail address or a phone number once normalised (R6). Unknown
// values match nothing.
func SameContact(a, b Contact) bool {
	return sameEmail(a.Email, b.Email) || samePhone(a.Phone, b.Phone)
}

func sameEmail(a, b string) bool {
	na, nb := normalEmail(a), normalEmail(b)
	return na != "" && na == nb
}

// normalEmail lowers the address and drops what mail providers ignore: a +tag, and at Gmail the dots.
func normalEmail(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	at := strings.LastIndexByte(s, '@')
	if at <= 0 {
		return s
	}
	local, host := s[:at], strings.TrimSuffix(s[at+1:], ".")
	if plus := strings.IndexByte(local, '+'); plus > 0 {
		local = local[:plus]
	}
	if host == "gmail.com" || host == "googlemail.com" {
		local, host = strings.ReplaceAll(local, ".", ""), "gmail.com"
	}
	return local + "@" + host
}

// nationalDigits is how many last digits decide when one of two numbers lacks its country.
const nationalDigits = 9

func samePhone(a, b string) bool {
	na, fullA := normalPhone(a)
	nb, fullB := normalPhone(b)
	if na == "" || nb == "" {
		return false
	}
	if fullA == fullB {
		return na == nb
	}
	if len(na) > len(nb) {
		na, nb = nb, na
	}
	return len(na) >= nationalDigits && strings.HasSuffix(nb, na)
}

// normalPhone keeps the digits without leading zeros and reports whether the number names its country, with + or 00.
func normalPhone(s string) (digits string, international bool) {
	digits = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
	international = strings.HasPrefix(strings.TrimSpace(s), "+") || strings.HasPrefix(digits, "00")
	return strings.TrimLeft(digits, "0"), international
}

package domain

import "strings"

// HasValidCheck reports whether a key is what GenerateCode could have returned. A generated code with one character
// mistyped, or any two of its characters swapped, never is.
func HasValidCheck(key string) bool {
	if len(key) != codeLength {
		return false
	}
	for i := range len(key) {
		if strings.IndexByte(alphabet, key[i]) < 0 {
			return false
		}
	}
	return checkCharacter([]byte(key[:codeLength-1])) == key[codeLength-1]
}

// checkCharacter is chosen so that the sum of a^i·v(i) over all eight characters is zero in the field of 32 elements, a
// being its generator and i counting from the right. All weights differ and none is zero, which is why every single error
// and every swap shows.
func checkCharacter(data []byte) byte {
	sum := byte(0)
	for _, c := range data {
		sum = double(sum) ^ byte(strings.IndexByte(alphabet, c))
	}
	return alphabet[double(sum)]
}

// double multiplies by the generator in the field of 32 elements, modulo x^5 + x^2 + 1.
func double(v byte) byte {
	v <<= 1
	if v&32 != 0 {
		v ^= 0b100101
	}
	return v
}

// reserved words cannot be vanity codes, in any spelling that looks like them.
var reserved = reservedKeys("ADMIN", "ADMINISTRATOR", "API", "CODE", "FRAUD", "FREE", "GATEWAY", "HELP", "HELPDESK", "INVITE",
	"LEADERBOARD", "LOGIN", "MODERATOR", "NONE", "NULL", "OFFICIAL", "OPERATIONS", "PAYMENT", "PAYOUT", "REFER", "REFERRAL",
	"REFERSUITE", "REWARD", "ROOT", "SECURITY", "SIGNUP", "STAFF", "SUPPORT", "SYSTEM", "TEST", "TIER", "UNDEFINED", "WALLET")

func reservedKeys(words ...string) map[string]bool {
	keys := make(map[string]bool, len(words))
	for _, w := range words {
		keys[foldLookAlikes(w)] = true
	}
	return keys
}

func isReserved(text string) bool {
	return reserved[foldLookAlikes(strings.ReplaceAll(text, "-", ""))]
}

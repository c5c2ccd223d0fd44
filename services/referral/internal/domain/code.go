package domain

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Code is a referral code. Key identifies it: look-alike codes share one key and are therefore one code (C1).
type Code struct {
	Key       string    `json:"key"`
	Text      string    `json:"text"`
	ProgramID string    `json:"program_id"`
	OwnerID   string    `json:"owner_id"`
	Vanity    bool      `json:"vanity,omitempty"`
	Disabled  bool      `json:"disabled,omitempty"`
	CreatedAt time.Time `json:"created_at"`
}

// Limits of codes.
const (
	// CodesPerWindow codes may be made per person within CodeWindow (C2).
	CodesPerWindow = 10
	// CodeWindow is the length of that window.
	CodeWindow = 15 * time.Minute

	codeLength = 8
	minVanity  = 3
	maxVanity  = 32
	// alphabet is Crockford's: no I, L, O and U.
	alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)

// GenerateCode returns a random code: seven characters drawn from random and a check character.
func GenerateCode(random io.Reader) (string, error) {
	var raw [codeLength - 1]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return "", fmt.Errorf("draw a code: %w", err)
	}
	text := make([]byte, 0, codeLength)
	for _, b := range raw {
		text = append(text, alphabet[b&31])
	}
	return string(append(text, checkCharacter(text))), nil
}

// VanityCode returns the text of a chosen code: capital letters, digits and hyphens. The input must be NFKC-folded.
func VanityCode(input string) (string, error) {
	text := upperASCII(strings.TrimSpace(input))
	if n := len(text); n < minVanity || n > maxVanity {
		return "", invalid("CODE_INVALID", "code", "a code has %d to %d characters, not %d", minVanity, maxVanity, n)
	}
	if !isCodeText(text) {
		return "", invalid("CODE_INVALID", "code", "a code is letters A to Z, digits and hyphens, and begins and ends with a letter or digit")
	}
	if isReserved(text) {
		return "", invalid("CODE_RESERVED", "code", "%s is reserved: choose another code", text)
	}
	return text, nil
}

// CodeKey returns the key of a code as a person typed it, and false for what cannot be a code. The input must be
// NFKC-folded.
func CodeKey(input string) (string, bool) {
	text := upperASCII(strings.TrimSpace(input))
	if n := len(text); n < minVanity || n > maxVanity || !isCodeText(text) {
		return "", false
	}
	return foldLookAlikes(text), true
}

// foldLookAlikes maps letters to the digits they are mistaken for.
func foldLookAlikes(text string) string { return lookAlikes.Replace(text) }

var lookAlikes = strings.NewReplacer("O", "0", "I", "1", "L", "1")

func isCodeText(text string) bool {
	for i := range len(text) {
		c := text[i]
		switch {
		case c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case c == '-' && i > 0 && i < len(text)-1:
		default:
			return false
		}
	}
	return true
}

// upperASCII raises a to z only: other alphabets must not become letters of this one.
func upperASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, s)
}

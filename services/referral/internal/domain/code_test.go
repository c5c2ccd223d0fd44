package domain_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

func TestC1_GeneratedCodesAreEightCharactersWithACheck(t *testing.T) {
	random := rand.NewChaCha8([32]byte{7})
	for range 1000 {
		code, err := domain.GenerateCode(random)
		if err != nil {
			t.Fatal(err)
		}
		if len(code) != 8 || strings.Trim(code, alphabet) != "" || !domain.HasValidCheck(code) {
			t.Fatalf("code %q", code)
		}
		if key, ok := domain.CodeKey(code); !ok || key != code {
			t.Fatalf("key of %q is %q", code, key)
		}
	}
	if _, err := domain.GenerateCode(bytes.NewReader([]byte{1, 2})); err == nil {
		t.Error("too little randomness must be an error")
	}
}

func TestC1_CheckFindsEverySingleErrorAndEverySwap(t *testing.T) {
	random := rand.NewChaCha8([32]byte{8})
	for range 20 {
		code, err := domain.GenerateCode(random)
		if err != nil {
			t.Fatal(err)
		}
		for i := range code {
			for _, c := range alphabet {
				if wrong := code[:i] + string(c) + code[i+1:]; wrong != code && domain.HasValidCheck(wrong) {
					t.Fatalf("%s passes for %s", wrong, code)
				}
			}
			for j := range i {
				b := []byte(code)
				b[i], b[j] = b[j], b[i]
				if string(b) != code && domain.HasValidCheck(string(b)) {
					t.Fatalf("%s passes for %s", b, code)
				}
			}
		}
	}
}

func TestC1_LookAlikesShareAKey(t *testing.T) {
	for _, c := range []struct{ a, b string }{
		{"  diwali ", "D1WA11"}, {"Lotto", "l0tt0"}, {"IL1", "111"}, {"0O0", "ooo"}, {"a-b-c", "A-B-C"},
	} {
		ka, okA := domain.CodeKey(c.a)
		kb, okB := domain.CodeKey(c.b)
		if !okA || !okB || ka != kb {
			t.Errorf("%q has key %q, %q has %q", c.a, ka, c.b, kb)
		}
	}
	for _, bad := range []string{"", "ab", "a b c", "-ab", "ab-", "DÏWALI", "ıabc", strings.Repeat("A", 33), "abc\x00", "a_b"} {
		if key, ok := domain.CodeKey(bad); ok {
			t.Errorf("%q has key %q", bad, key)
		}
	}
}

func TestC1_VanityCodes(t *testing.T) {
	for _, c := range []struct{ in, want, reason string }{
		{" diwali-2026 ", "DIWALI-2026", ""}, {"ab", "", "CODE_INVALID"}, {"naïve", "", "CODE_INVALID"}, {"adm1n", "", "CODE_RESERVED"},
		{"AD-MIN", "", "CODE_RESERVED"}, {"supp0rt", "", "CODE_RESERVED"}, {strings.Repeat("x", 33), "", "CODE_INVALID"}, {"administer", "ADMINISTER", ""},
	} {
		got, err := domain.VanityCode(c.in)
		if got != c.want || reason(err) != c.reason {
			t.Errorf("%q: %q, %v", c.in, got, err)
		}
	}
}

func FuzzCodeKey(f *testing.F) {
	for _, seed := range []string{"D1WA11", " ooo ", "ﬀabc", "\xff\xfe", "A-B", "--", "ＡＢＣ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		key, ok := domain.CodeKey(in)
		if !ok {
			return
		}
		if n := len(key); n < 3 || n > 32 || !utf8.ValidString(key) || strings.ContainsAny(key, "OIL abcdefghijklmnopqrstuvwxyz#/") {
			t.Fatalf("%q has key %q", in, key)
		}
		if again, ok := domain.CodeKey(key); !ok || again != key {
			t.Fatalf("the key %q is not its own key: %q", key, again)
		}
		if lower, ok := domain.CodeKey(strings.ToLower(key)); !ok || lower != key {
			t.Fatalf("%q differs by case", key)
		}
	})
}

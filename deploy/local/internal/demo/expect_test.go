package demo

import (
	"slices"
	"strings"
	"testing"
)

// The numbers below were worked out by hand from the rules, not by the code under test.
func TestT2_ExpectPaysTheCrossingReferralAtTheTierBefore(t *testing.T) {
	people := newCast("run")
	for _, j := range people.journeys {
		j.id = "of-" + j.referee.id
	}
	want := expect("p", people)
	for id, minor := range map[string]int64{
		"asha-run": 5*5000 + 20000 + 10000, "ravi-run": 3*5000 - 5000, "kabir-run": 5000, "meera-run": 5000,
		"bela-run": 5000, "kiran-run": 0, "lata-run": 0, "mohan-run": 0, "nila-run": 5000,
	} {
		if want.balances[id] != minor {
			t.Errorf("%s has %d, want %d", id, want.balances[id], minor)
		}
	}
	fifth, sixth := "reward/p/of-farhan-run/completed/REFERRER", "reward/p/of-gita-run/completed/REFERRER"
	if want.payments[fifth].amount != 5000 || want.payments[sixth].amount != 10000 {
		t.Errorf("the fifth is paid %d, the sixth %d", want.payments[fifth].amount, want.payments[sixth].amount)
	}
	if want.payments["bonus/p/asha-run/PRO"] != (payment{"asha-run", 20000}) || len(want.payments) != 23 || len(want.reversed) != 2 {
		t.Errorf("%d payments, %d reversed, bonus %+v", len(want.payments), len(want.reversed), want.payments["bonus/p/asha-run/PRO"])
	}
}

func TestL2_ExpectSharesRanks(t *testing.T) {
	want := expect("p", newCast("run"))
	board := []row{{1, "asha-run", 6}, {2, "ravi-run", 2}, {3, "kabir-run", 1}, {3, "meera-run", 1}}
	if !slices.Equal(want.board, board) {
		t.Errorf("board %+v", want.board)
	}
}

func TestT1_RungAtIsInclusive(t *testing.T) {
	for completed, name := range map[int64]string{0: "STARTER", 4: "STARTER", 5: "PRO", 9: "PRO", 10: "ELITE", 20: "CHAMPION", 49: "CHAMPION", 50: "LEGEND"} {
		if got := rungAt(completed).name; got != name {
			t.Errorf("rungAt(%d) = %s, want %s", completed, got, name)
		}
	}
}

func TestRupees(t *testing.T) {
	for minor, text := range map[int64]string{
		0: "₹0", 5: "₹0.05", 5000: "₹50", 99999: "₹999.99", 100000: "₹1,000", 250000000: "₹25,00,000", -5000: "-₹50", 123456789012: "₹1,23,45,67,890.12",
	} {
		if got := rupees(minor); got != text {
			t.Errorf("rupees(%d) = %s, want %s", minor, got, text)
		}
	}
}

func TestTable_AlignsByCharactersNotBytes(t *testing.T) {
	var out strings.Builder
	table := table{title: "Sums", columns: []string{"who", ">amount"}}
	table.add("Asha", "₹50")
	table.add("Kabir", "-₹1,000")
	if err := table.write(&out); err != nil {
		t.Fatal(err)
	}
	want := "\nSums\n\n  who     amount\n  -----  -------\n  Asha       ₹50\n  Kabir  -₹1,000\n"
	if out.String() != want {
		t.Errorf("got %q", out.String())
	}
}

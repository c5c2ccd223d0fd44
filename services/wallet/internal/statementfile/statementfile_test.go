package statementfile

import (
	"bytes"
	"encoding/csv"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

var update = flag.Bool("update", false, "write the golden files anew")

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// story is an account to which much happened, in a currency.
func story(t *testing.T, currency string) app.Statement {
	t.Helper()
	s := app.Statement{
		User: "ann", Currency: currency, From: noon.Add(-time.Hour), To: noon.Add(24 * time.Hour),
		Opening: domain.Balances{Available: 100000, Earned: 100000},
	}
	b := s.Opening
	reward := domain.Posting{
		RewardID: "reward/p1/r1/completed/REFERRER", User: "ann", Amount: 150000, Currency: currency, ProgramID: "p1",
		ProgramVersion: 3, ReferralID: "r1", Side: domain.SideReferrer, RewardKind: domain.KindReferral, Tier: "PRO",
		CommandID: "reward/p1/r1/completed/REFERRER", TraceID: "0af7651916cd43dd8448eb211c80319c",
	}
	other := domain.Posting{CommandID: "adjust/1", User: "ann", Amount: 7, Currency: currency, Actor: "root"}
	for i, change := range []func() domain.Posting{
		func() domain.Posting { p := reward; p.Kind = domain.PostingRewardHeld; return p },
		func() domain.Posting { p := reward; p.Kind = domain.PostingRelease; return p },
		func() domain.Posting {
			p := other
			p.Kind, p.Amount, p.Reason = domain.PostingAdjustmentDebit, 200000, `=HYPERLINK("http://evil","free")`
			return p
		},
		func() domain.Posting {
			p := other
			p.Kind, p.Reason = domain.PostingAdjustmentCredit, "<script>alert(1)</script>, \"quoted\"\nand a new line"
			return p
		},
		func() domain.Posting {
			p := other
			p.Kind, p.Amount, p.RedemptionID, p.Provider = domain.PostingRedemptionRequested, 40000, "x1", "file"
			return p
		},
		func() domain.Posting {
			p := other
			p.Kind, p.Amount, p.Reason = domain.PostingAccountFrozen, 0, "review"
			return p
		},
		func() domain.Posting {
			p := reward
			p.Kind, p.Reason, p.OwedPart = domain.PostingReversal, "REFUND", 139993
			return p
		},
	} {
		p, err := change().On(b)
		if err != nil {
			t.Fatal(err)
		}
		b = p.After
		s.Postings = append(s.Postings, app.Posted{
			Posting: p, Seq: int64(i + 4), At: noon.Add(time.Duration(i) * time.Hour), Hash: [32]byte{byte(i + 1)}, Previous: [32]byte{byte(i)},
		})
		in, out := p.Flow()
		s.Credited, s.Debited = s.Credited+in, s.Debited+out
	}
	s.Closing = b
	return s
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("%s is not what was expected; run the test with -update and look at the difference:\n%s", path, got)
	}
}

func TestStatementFilesAreAsExpected(t *testing.T) {
	for _, currency := range []string{"INR", "JPY", "KWD"} {
		for extension, write := range map[string]func(app.Statement) (File, error){"csv": CSV, "html": HTML} {
			file, err := write(story(t, currency))
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "statement-"+currency+"."+extension, file.Data)
			if want := "statement-ann-" + currency + "-20260102-20260103." + extension; file.Name != want {
				t.Errorf("the file is named %s, want %s", file.Name, want)
			}
		}
	}
	file, err := HTML(app.Statement{User: "nobody", Currency: "INR", To: noon})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "empty.html", file.Data)
	if file, err = CSV(app.Statement{User: "a:b|c+d=e", Currency: "INR", To: noon}); err != nil || file.Name != "statement-a_b_c_d_e-INR-20260102.csv" {
		t.Fatalf("got %s, %v", file.Name, err)
	}
}

func TestCSVReadsBackAsItWasWritten(t *testing.T) {
	s := story(t, "INR")
	file, err := CSV(s)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Count(file.Data, []byte("\n")) != bytes.Count(file.Data, []byte("\r\n")) {
		t.Fatal("a line does not end as RFC 4180 says")
	}
	rows, err := csv.NewReader(bytes.NewReader(file.Data)).ReadAll()
	if err != nil || len(rows) != len(s.Postings)+1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	at := map[string]int{}
	for i, column := range rows[0] {
		at[column] = i
	}
	if got := rows[3]; got[at["reason"]] != `'=HYPERLINK("http://evil","free")` || got[at["amount_minor"]] != "200000" ||
		got[at["amount"]] != "2000.00" || got[at["available_after_minor"]] != "50000" {
		t.Fatalf("got %q", got)
	}
}

// FuzzCSVCellsAreNoFormulas checks what a spreadsheet would make of a cell.
func FuzzCSVCellsAreNoFormulas(f *testing.F) {
	for _, seed := range []string{"", "plain", "=1+1", "+1", "-1", "@a", "\t=1", " =1", "＝1", "\r\n=1", "'=1", "a\"b,c\nd"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, reason string) {
		s := app.Statement{User: "ann", Currency: "INR", To: noon, Postings: []app.Posted{{Posting: domain.Posting{Reason: reason}}}}
		file, err := CSV(s)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(bytes.NewReader(file.Data)).ReadAll()
		if err != nil || len(rows) != 2 {
			t.Fatalf("%q: %d rows, %v", reason, len(rows), err)
		}
		for i, name := range rows[0] {
			if cell := strings.TrimLeft(rows[1][i], " \u00a0"); cell != "" && strings.ContainsRune(formula, []rune(cell)[0]) {
				t.Fatalf("%s is %q", name, cell)
			}
		}
	})
}

func TestHTMLRunsAndLoadsNothing(t *testing.T) {
	file, err := HTML(story(t, "INR"))
	if err != nil {
		t.Fatal(err)
	}
	for _, forbidden := range []string{"<script", "src=", "href=", "url(", "@import", " onload"} {
		if bytes.Contains(file.Data, []byte(forbidden)) {
			t.Errorf("the page contains %s", forbidden)
		}
	}
}

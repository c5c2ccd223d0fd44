package statementfile

import (
	"bytes"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// column is one column of the CSV file.
type column struct {
	name string
	cell func(app.Posted) string
}

// columns of the CSV file. Amounts stand in minor units and, for people, as decimal numbers.
var columns = []column{
	{"seq", func(p app.Posted) string { return strconv.FormatInt(p.Seq, 10) }},
	{"posted_at", func(p app.Posted) string { return stamp(p.At) }},
	{"kind", func(p app.Posted) string { return string(p.Kind) }},
	{"currency", func(p app.Posted) string { return p.Currency }},
	{"amount_minor", func(p app.Posted) string { return minor(p.Amount) }},
	{"amount", func(p app.Posted) string { return domain.Decimal(p.Amount, p.Currency) }},
	{"source", func(p app.Posted) string { return text(p.Source) }},
	{"destination", func(p app.Posted) string { return text(p.Destination) }},
	{"owed_part_minor", func(p app.Posted) string { return minor(p.OwedPart) }},
	{"held_after_minor", func(p app.Posted) string { return minor(p.After.Held) }},
	{"available_after_minor", func(p app.Posted) string { return minor(p.After.Available) }},
	{"available_after", func(p app.Posted) string { return domain.Decimal(p.After.Available, p.Currency) }},
	{"pending_after_minor", func(p app.Posted) string { return minor(p.After.Pending) }},
	{"owed_after_minor", func(p app.Posted) string { return minor(p.After.Owed) }},
	{"program_id", func(p app.Posted) string { return text(p.ProgramID) }},
	{"program_version", func(p app.Posted) string { return number(p.ProgramVersion) }},
	{"referral_id", func(p app.Posted) string { return text(p.ReferralID) }},
	{"reward_id", func(p app.Posted) string { return text(p.RewardID) }},
	{"redemption_id", func(p app.Posted) string { return text(p.RedemptionID) }},
	{"tier", func(p app.Posted) string { return text(p.Tier) }},
	{"reason", func(p app.Posted) string { return text(p.Reason) }},
	{"actor", func(p app.Posted) string { return text(p.Actor) }},
	{"command_id", func(p app.Posted) string { return text(p.CommandID) }},
	{"trace_id", func(p app.Posted) string { return text(p.TraceID) }},
	{"hash", func(p app.Posted) string { return hex.EncodeToString(p.Hash[:]) }},
	{"previous_hash", func(p app.Posted) string { return hex.EncodeToString(p.Previous[:]) }},
}

// CSV writes the postings of a statement as RFC 4180 says, a header and one posting a line, oldest first. No cell is taken
// for a formula by a spreadsheet.
func CSV(s app.Statement) (File, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	row := make([]string, len(columns))
	for i, c := range columns {
		row[i] = c.name
	}
	if err := w.Write(row); err != nil {
		return File{}, fmt.Errorf("write the header: %w", err)
	}
	for _, p := range s.Postings {
		for i, c := range columns {
			row[i] = c.cell(p)
		}
		if err := w.Write(row); err != nil {
			return File{}, fmt.Errorf("write posting %d: %w", p.Seq, err)
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return File{}, fmt.Errorf("write the statement: %w", err)
	}
	return File{Name: name(s, "csv"), ContentType: "text/csv; charset=utf-8; header=present", Data: b.Bytes()}, nil
}

func minor(amount int64) string { return strconv.FormatInt(amount, 10) }

// number leaves zero out.
func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// formula is what makes a spreadsheet take a cell for a formula, the wide forms of East Asian keyboards included.
const formula = "=+-@\t\r\n＝＋－＠"

// text puts an apostrophe before what a spreadsheet would compute, also behind blanks, which some of them skip.
func text(s string) string {
	trimmed := strings.TrimLeft(s, " \u00a0")
	if trimmed != "" && strings.ContainsRune(formula, []rune(trimmed)[0]) {
		return "'" + s
	}
	return s
}

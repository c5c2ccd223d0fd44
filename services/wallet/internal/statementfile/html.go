package statementfile

import (
	"bytes"
	_ "embed" // the template
	"encoding/hex"
	"fmt"
	"html/template"
	"time"

	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

//go:embed statement.html.tmpl
var source string

var page = template.Must(template.New("statement").Parse(source))

// view is what the template shows.
type view struct {
	User, Currency, From, To string
	Parts                    []part
	Credited, Debited        string
	Owes                     bool
	Rows                     []row
	Hash                     string
}

// part is one part of the account at both ends of the period.
type part struct{ Name, Opening, Closing string }

// row is one posting.
type row struct {
	At, Machine                    string
	Title, Detail                  string
	In, Out                        string
	Held, Available, Pending, Owed string
	Negative                       bool
}

// HTML writes a statement as a page of its own that reads well on any screen and prints well. It loads nothing and runs
// nothing.
func HTML(s app.Statement) (File, error) {
	var b bytes.Buffer
	if err := page.Execute(&b, viewOf(s)); err != nil {
		return File{}, fmt.Errorf("write the statement: %w", err)
	}
	return File{Name: name(s, "html"), ContentType: "text/html; charset=utf-8", Data: b.Bytes()}, nil
}

func viewOf(s app.Statement) view {
	amount := func(minor int64) string { return domain.Grouped(minor, s.Currency) }
	v := view{
		User: s.User, Currency: s.Currency, From: readable(s.From), To: readable(s.To),
		Credited: amount(s.Credited), Debited: amount(s.Debited),
		Owes: s.Opening.Owed != 0 || s.Closing.Owed != 0,
	}
	for _, p := range s.Postings {
		v.Owes = v.Owes || p.After.Owed != 0
		v.Hash = hex.EncodeToString(p.Hash[:])
	}
	v.Parts = []part{
		{"Available", amount(s.Opening.Available), amount(s.Closing.Available)},
		{"Held", amount(s.Opening.Held), amount(s.Closing.Held)},
		{"On the way to a payout", amount(s.Opening.Pending), amount(s.Closing.Pending)},
	}
	if v.Owes {
		v.Parts = append(v.Parts, part{"Owed", amount(s.Opening.Owed), amount(s.Closing.Owed)})
	}
	for _, p := range s.Postings {
		v.Rows = append(v.Rows, rowOf(p, amount))
	}
	return v
}

func rowOf(p app.Posted, amount func(int64) string) row {
	r := row{
		At: readable(p.At), Machine: stamp(p.At), Title: title(p), Detail: detail(p),
		Held: amount(p.After.Held), Available: amount(p.After.Available), Pending: amount(p.After.Pending), Owed: amount(p.After.Owed),
		Negative: p.After.Available < 0,
	}
	in, out := p.Flow()
	if in > 0 {
		r.In = amount(in)
	}
	if out > 0 {
		r.Out = amount(out)
	}
	return r
}

// readable writes a moment for people, by the second; nothing for the zero time.
func readable(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format("2 Jan 2006, 15:04:05")
}

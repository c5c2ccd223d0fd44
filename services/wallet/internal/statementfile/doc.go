// Package statementfile writes statements as files that people keep: CSV for spreadsheets and programs, HTML for reading and
// printing. It knows nothing of where statements come from or how files reach people.
package statementfile

import (
	"regexp"
	"time"

	"github.com/refersuite/refersuite/services/wallet/internal/app"
)

// File is a statement for download.
type File struct {
	// Name to save it under, in ASCII without spaces.
	Name string
	// ContentType with its charset.
	ContentType string
	// Data is the file in UTF-8.
	Data []byte
}

var unsafe = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// name tells the account and the days of a statement, such as statement-ann-INR-20260101-20260131.csv.
func name(s app.Statement, extension string) string {
	n := "statement-" + unsafe.ReplaceAllString(s.User, "_") + "-" + s.Currency
	if !s.From.IsZero() {
		n += "-" + s.From.UTC().Format("20060102")
	}
	last := s.To.UTC().Add(-time.Nanosecond) // the end is exclusive
	return n + "-" + last.Format("20060102") + "." + extension
}

// stamp writes a moment for programs.
func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

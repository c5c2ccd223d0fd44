package domain

import "time"

// Program is a programme as its creator drafted it. It never changes; what changes are its published versions.
type Program struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Terms     Terms     `json:"terms"`
	CreatedAt time.Time `json:"created_at"`
}

// Same reports whether both drafts say the same, whenever they were made.
func (p Program) Same(o Program) bool {
	return p.ID == o.ID && p.Name == o.Name && p.Terms.Equal(o.Terms)
}

// Edition is one published version of a programme's terms.
type Edition struct {
	ProgramID   string
	Version     int64
	Terms       Terms
	PublishedAt time.Time
}

// CheckNext refuses terms that cannot follow the published ones: the currency of a programme is fixed (M1).
func (e Edition) CheckNext(next Terms) error {
	if next.Currency != e.Terms.Currency {
		return refuse(Precondition, "CURRENCY_FIXED",
			"programme %s pays in %s since version 1: publish terms in %s, or create another programme for %s",
			e.ProgramID, e.Terms.Currency, e.Terms.Currency, next.Currency)
	}
	return nil
}

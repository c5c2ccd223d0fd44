package outbox

import "time"

// Box holds the messages of one aggregate and the state of its lease. It is a plain value without locks: it belongs to
// whoever loaded the aggregate, and the compare-and-set save decides between them. Its zero value is empty.
type Box struct {
	// DueAt is when the box wants attention: the earliest deliverable message, or the end of the lease. Zero when
	// nothing is left to do.
	DueAt time.Time `json:"due_at,omitempty,omitzero"`
	// Lease is the token of the holder; empty when nobody holds the box. A lease past DueAt has run out.
	Lease string `json:"lease,omitempty"`
	// ParkedAt is when the first of its parked messages was parked, so that an index finds them; zero without one.
	ParkedAt time.Time `json:"parked_at,omitempty,omitzero"`
	// Messages are all messages ever added, in that order.
	Messages []Message `json:"messages,omitempty"`
}

// Add appends a message and reports whether it was new: an ID that the box knows changes nothing. The box becomes due
// unless somebody holds it, who will find the message on release.
func (b *Box) Add(m Message) bool {
	if b.find(m.ID) != nil {
		return false
	}
	if m.State == "" {
		m.State = StatePending
	}
	b.Messages = append(b.Messages, m)
	b.refresh(m.CreatedAt)
	return true
}

// Get returns the message with an ID.
func (b *Box) Get(id string) (Message, bool) {
	if m := b.find(id); m != nil {
		return *m, true
	}
	return Message{}, false
}

// Next returns the first message that may be delivered now. Each lane keeps its order: a message in backoff or parked
// blocks those behind it, a scheduled one does not.
func (b *Box) Next(now time.Time) (Message, bool) {
	for m := range b.heads(now) {
		if !m.dueAt().After(now) {
			return *m, true
		}
	}
	return Message{}, false
}

// Settle records the outcome of one delivery and returns the state the message is in afterwards: done, refused, pending
// with a backoff, or parked once the attempts of the policy are used up. What is already done or refused stays, a parked
// message still learns that it was done after all. An unknown ID returns the empty state.
func (b *Box) Settle(id string, o Outcome, now time.Time, policy Backoff) State {
	m := b.find(id)
	switch {
	case m == nil:
		return ""
	case m.State == StateDone || m.State == StateRefused, m.State == StateParked && !o.final():
		return m.State
	}
	m.Attempts++
	m.LastError, m.Result = o.Error, o.Result
	m.RetryAt, m.DoneAt = time.Time{}, now
	switch {
	case o.final():
		m.State = o.State
	case m.Attempts >= policy.maxAttempts():
		m.State = StateParked
	default:
		m.State, m.DoneAt = StatePending, time.Time{}
		m.RetryAt = now.Add(max(policy.Delay(m.Attempts), o.RetryAfter)).Truncate(time.Millisecond)
	}
	b.refresh(now)
	return m.State
}

// Acquire leases the box until now+ttl and reports whether it did: not when another token holds it, nor when nothing is
// deliverable now. The aggregate must be saved before the lease counts.
func (b *Box) Acquire(token string, now time.Time, ttl time.Duration) bool {
	if b.Held(now) && b.Lease != token {
		return false
	}
	if _, ok := b.Next(now); !ok {
		return false
	}
	b.Lease, b.DueAt = token, now.Add(ttl).Truncate(time.Millisecond)
	return true
}

// Release ends the lease, whoever holds it, and makes the box due when the earliest of its open messages is.
func (b *Box) Release(now time.Time) {
	b.Lease = ""
	b.refresh(now)
}

// Held reports whether somebody holds the box.
func (b *Box) Held(now time.Time) bool { return b.Lease != "" && b.DueAt.After(now) }

// Redrive gives a parked message all its attempts again, from now, and reports whether there was one.
func (b *Box) Redrive(id string, now time.Time) bool {
	m := b.find(id)
	if m == nil || m.State != StateParked {
		return false
	}
	m.State, m.Attempts, m.RetryAt, m.DoneAt = StatePending, 0, time.Time{}, time.Time{}
	b.refresh(now)
	return true
}

// Pending counts the messages that are not settled: those whose time has come (also in backoff, or behind another),
// those scheduled for later, and the parked.
func (b *Box) Pending(now time.Time) (pending, scheduled, parked int) {
	for i := range b.Messages {
		m := &b.Messages[i]
		switch {
		case m.scheduled(now):
			scheduled++
		case m.open():
			pending++
		case m.State == StateParked:
			parked++
		}
	}
	return pending, scheduled, parked
}

// Oldest returns since when the longest waiting pending message waits, or zero.
func (b *Box) Oldest(now time.Time) time.Time {
	var oldest time.Time
	for i := range b.Messages {
		m := &b.Messages[i]
		if m.open() && !m.scheduled(now) && (oldest.IsZero() || m.since().Before(oldest)) {
			oldest = m.since()
		}
	}
	return oldest
}

// heads yields the messages that decide when the box is due: of each lane those scheduled for later up to its first
// open message, and that one, unless a parked message stands before it.
func (b *Box) heads(now time.Time) func(yield func(*Message) bool) {
	return func(yield func(*Message) bool) {
		blocked := make(map[string]bool, 4)
		for i := range b.Messages {
			m := &b.Messages[i]
			if m.State == StateDone || m.State == StateRefused || blocked[m.Lane] {
				continue
			}
			blocked[m.Lane] = !m.scheduled(now)
			if m.State != StateParked && !yield(m) {
				return
			}
		}
	}
}

// refresh sets ParkedAt, and DueAt of a box that nobody holds.
func (b *Box) refresh(now time.Time) {
	b.ParkedAt = time.Time{}
	for i := range b.Messages {
		m := &b.Messages[i]
		if m.State == StateParked && (b.ParkedAt.IsZero() || m.DoneAt.Before(b.ParkedAt)) {
			b.ParkedAt = m.DoneAt
		}
	}
	if b.Lease != "" {
		return
	}
	b.DueAt = time.Time{}
	for m := range b.heads(now) {
		if due := m.dueAt(); b.DueAt.IsZero() || due.Before(b.DueAt) {
			b.DueAt = due
		}
	}
}

func (b *Box) find(id string) *Message {
	for i := range b.Messages {
		if b.Messages[i].ID == id {
			return &b.Messages[i]
		}
	}
	return nil
}

package domain

// Flow returns what a posting brought into an account and what it took out of it, in minor units. What moves between the
// parts of the account is neither.
func (p Posting) Flow() (in, out int64) {
	own := func(account string) bool {
		return account == "" || account == HeldAccount(p.User) || account == AvailableAccount(p.User) || account == PendingAccount(p.User)
	}
	if !own(p.Source) {
		in = p.Amount
	}
	if !own(p.Destination) {
		out = p.Amount
	}
	return in, out
}

// Total is what a person's account has altogether, what is owed subtracted. It fails with ErrAmountOverflow.
func (b Balances) Total() (int64, error) {
	total, err := Add(b.Held, b.Available)
	if err != nil {
		return 0, err
	}
	if total, err = Add(total, b.Pending); err != nil {
		return 0, err
	}
	return Sub(total, b.Owed)
}

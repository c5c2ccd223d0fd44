// Package domain holds the rules of the ledger: what a reward is, how a posting moves money between the accounts of the
// chart, and how a reader proves that the books are right. It knows no store, no clock and no transport.
//
// Chart of accounts (every posting has one source and one destination, so the two always cancel):
//
//	budget/<program>       what a programme gives; its balance is zero or negative
//	user/<id>/held         rewards of a person that may still be cancelled
//	user/<id>/available    rewards of a person that are theirs to use; may be negative after a reversal
package domain

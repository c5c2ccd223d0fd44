// Package domain holds the rules that score referrals. It knows no store and no transport: what was seen elsewhere comes in
// as counts, and the same facts and counts always give the same score.
package domain

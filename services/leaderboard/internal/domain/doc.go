// Package domain holds the rules of leaderboards: which boards a score belongs to, how scores of a person add up on each
// of them, and in which order people stand there.
package domain

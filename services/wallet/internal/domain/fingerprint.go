package domain

import "hash/maphash"

// buckets is how many groups marks are compared in. It is a power of two.
const buckets = 1 << 16

// maxSuspects bounds the steps of the groups that are looked at one by one, and so the memory for it.
const maxSuspects = 100_000

// Prints compares what postings say with what their counterparts say without keeping either: each group of ids has the sum
// of the fingerprints of one side less those of the other, which is zero when both say the same. Their memory does not grow
// with the ledger. Fingerprints are keyed by a random seed, so nobody can make documents whose sums cancel.
type Prints struct {
	seed   maphash.Seed
	groups []group
}

// group is the state of one group of ids.
type group struct {
	sum   uint64
	steps int32
}

// NewPrints returns prints that have seen nothing.
func NewPrints() *Prints { return &Prints{seed: maphash.MakeSeed(), groups: make([]group, buckets)} }

// add takes a mark of one side or the other.
func (p *Prints) add(m mark, posting bool) {
	g := &p.groups[p.bucket(m)]
	print := maphash.Comparable(p.seed, m)
	if posting {
		print = -print
	}
	g.sum += print
	g.steps++
}

// bucket returns the group of a mark. All steps of one reward are in one group.
func (p *Prints) bucket(m mark) uint32 {
	return uint32(maphash.String(p.seed, m.id)) & (buckets - 1)
}

// Agree reports whether both sides say the same.
func (p *Prints) Agree() bool {
	for i := range p.groups {
		if p.groups[i].sum != 0 {
			return false
		}
	}
	return true
}

// suspects returns the groups in which the sides differ, as many as may be looked at one by one, and how many were left out.
func (p *Prints) suspects() (chosen map[uint32]bool, left int) {
	chosen = map[uint32]bool{}
	var room int32 = maxSuspects
	for i := range p.groups {
		g := &p.groups[i]
		switch {
		case g.sum == 0:
		case len(chosen) == 0 || g.steps <= room:
			chosen[uint32(i)] = true
			room -= g.steps
		default:
			left++
		}
	}
	return chosen, left
}

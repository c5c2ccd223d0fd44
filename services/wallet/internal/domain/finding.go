package domain

import (
	"fmt"
	"slices"
)

// FindingKind says what is wrong with the ledger.
type FindingKind string

// The kinds of findings. The first three are faults of a chain, found by its hashes.
const (
	FindingHashMismatch     FindingKind = "HASH_MISMATCH"
	FindingPreviousMismatch FindingKind = "PREVIOUS_MISMATCH"
	FindingGap              FindingKind = "GAP"
	// FindingWrongBalance is an entry whose running balance or accounts do not follow from the entries before it.
	FindingWrongBalance FindingKind = "WRONG_BALANCE"
	// FindingNonZeroSum is a currency in which the accounts do not cancel.
	FindingNonZeroSum FindingKind = "NON_ZERO_SUM"
	// FindingBudgetDrift is a programme whose budget does not say what the postings say.
	FindingBudgetDrift FindingKind = "BUDGET_DRIFT"
	// FindingUnmatchedCommand is a command of which one document is there and its counterpart is not: a budget line without
	// posting, a posting that passed no budget, a redemption that the account does not know.
	FindingUnmatchedCommand FindingKind = "UNMATCHED_COMMAND"
)

// FindingKinds are all kinds, in the order of reports.
var FindingKinds = []FindingKind{
	FindingHashMismatch, FindingPreviousMismatch, FindingGap, FindingWrongBalance, FindingNonZeroSum, FindingBudgetDrift,
	FindingUnmatchedCommand,
}

// Finding is one fault of the ledger.
type Finding struct {
	Kind FindingKind
	// Account is the key of the chain, or of the programme's budget, or a currency.
	Account string
	// Seq is the position in the chain; 0 when the fault is not in one entry.
	Seq int64
	// Detail says what was expected and what was found.
	Detail string
	// Documents are the ids of the stored documents involved, at most MaxDocuments.
	Documents []string
}

const (
	// MaxFindings bounds how many findings are listed.
	MaxFindings = 100
	// MaxDocuments bounds the documents of one finding.
	MaxDocuments = 10
)

// DocumentID is the _id of the document that keeps an entry.
func DocumentID(key string, seq int64) string { return fmt.Sprintf("%s#%012d", key, seq) }

// Findings collects faults. It counts all and keeps the first MaxFindings of each kind, so that its memory is bounded and
// many faults of one kind do not hide another. The zero value is empty.
type Findings struct {
	kept   map[FindingKind][]Finding
	counts map[FindingKind]int64
}

// Add takes findings. One about an entry names its document if it names none.
func (f *Findings) Add(found ...Finding) {
	for _, one := range found {
		if one.Seq > 0 && len(one.Documents) == 0 {
			one.Documents = []string{DocumentID(one.Account, one.Seq)}
		}
		f.Count(one.Kind, 1)
		if len(f.kept[one.Kind]) < MaxFindings {
			if f.kept == nil {
				f.kept = map[FindingKind][]Finding{}
			}
			f.kept[one.Kind] = append(f.kept[one.Kind], one)
		}
	}
}

// Count takes findings of which nothing but their number is known.
func (f *Findings) Count(kind FindingKind, n int64) {
	if f.counts == nil {
		f.counts = map[FindingKind]int64{}
	}
	if n > 0 {
		f.counts[kind] += n
	}
}

// Counts returns the number of all findings by their kind; kinds without any are absent.
func (f *Findings) Counts() map[FindingKind]int64 {
	counts := make(map[FindingKind]int64, len(f.counts))
	for kind, n := range f.counts {
		if n > 0 {
			counts[kind] = n
		}
	}
	return counts
}

// List returns at most MaxFindings findings in the order of FindingKinds. Where there are more, the kinds share the room.
func (f *Findings) List() []Finding {
	shares := map[FindingKind]int{}
	for room, progress := MaxFindings, true; room > 0 && progress; {
		progress = false
		for _, kind := range FindingKinds {
			if room > 0 && shares[kind] < len(f.kept[kind]) {
				shares[kind]++
				room--
				progress = true
			}
		}
	}
	var list []Finding
	for _, kind := range FindingKinds {
		list = append(list, f.kept[kind][:shares[kind]]...)
	}
	return list
}

// documents makes the documents of a finding of some ids, each once.
func documents(ids ...string) []string {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	return ids[:min(len(ids), MaxDocuments)]
}

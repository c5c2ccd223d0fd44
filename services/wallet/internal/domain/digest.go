package domain

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"strings"
)

// Digests computes the digest of each currency while the entries of the ledger pass by: SHA-256 over the key, the last
// sequence and the last hash of every chain of the currency, in the order of the keys. A key is preceded by its length in
// 4 bytes, a sequence has 8, both in big endian. Since the last hash of a chain covers all of it, two ledgers with the same
// digest are the same. The zero value has seen nothing.
type Digests struct {
	sums map[string]hash.Hash
	last Entry
	// currency of the chain that last belongs to.
	currency string
}

// Visit takes the next entry, chain by chain in the order of keys.
func (d *Digests) Visit(e Entry) {
	if e.Key != d.last.Key {
		d.Close()
		d.currency = e.currency()
	}
	d.last = e
}

// Close ends the last chain.
func (d *Digests) Close() {
	if d.last.Key == "" || d.currency == "" {
		return
	}
	sum, ok := d.sums[d.currency]
	if !ok {
		sum = sha256.New()
		if d.sums == nil {
			d.sums = map[string]hash.Hash{}
		}
		d.sums[d.currency] = sum
	}
	b := make([]byte, 0, 128)
	b = binary.BigEndian.AppendUint32(b, uint32(len(d.last.Key)))
	b = append(b, d.last.Key...)
	b = binary.BigEndian.AppendUint64(b, uint64(d.last.Seq))
	b = append(b, d.last.Hash[:]...)
	sum.Write(b)
	d.last = Entry{}
}

// Of returns the digest of a currency in lower-case hex.
func (d *Digests) Of(currency string) string {
	if sum, ok := d.sums[currency]; ok {
		return hex.EncodeToString(sum.Sum(nil))
	}
	return hex.EncodeToString(sha256.New().Sum(nil))
}

// currency returns the currency of the chain that e is in: from its key, or for a programme from what it says.
func (e Entry) currency() string {
	parts := strings.Split(e.Key, "/")
	switch {
	case parts[0] == "user" && len(parts) == 3, parts[0] == "budget" && len(parts) == 4:
		return parts[2]
	case e.Line.Program != nil:
		return e.Line.Program.Currency
	default:
		return ""
	}
}

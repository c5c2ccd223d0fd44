// Package outbox keeps commands to other services inside the document of the aggregate that causes them, so that the
// change and its consequences are one write, and delivers them at least once to receivers that are idempotent.
//
// # Leases and the owner's saves
//
// A relay may work on a Box only while it holds the box's lease: a token with an end. The field due_at says when the box
// wants attention next: the earliest time at which a message is deliverable, or the end of the lease while somebody
// holds it. It is absent when nothing is left to do, so an index over it holds open boxes only. A relay that dies is
// thereby replaced: its lease simply becomes due.
//
// The aggregate is saved as a whole, by compare-and-set on its version, and two parties save it: its owner (the use
// case that changes it) and the holder of the lease (the relay that records outcomes). Leasing increments the version
// too. So whoever read the aggregate before the other wrote fails to save, and nobody ever overwrites a lease, an
// outcome or a message that it has not seen:
//
//   - The owner loads, changes, calls Box.Add, and saves. On a conflict it loads again and repeats the change. It
//     never touches Lease or DueAt: Add leaves the lease of somebody else alone, whose Release then finds the new
//     message.
//   - The owner that wants its commands sent at once calls Box.Acquire before it saves. That leases the box to its own
//     process in the same write, and after the save Relay.Submit hands the lease over: no query, no waiting. When the
//     relay's queue is full or the process dies, the lease runs out and any replica finds the box.
//   - The holder sends what Box.Next gives, records each outcome with Box.Settle, calls Box.Release and saves once. On
//     a conflict it loads again and applies the same outcomes by message id; what somebody else settled stays. When its
//     lease is gone it still records what it knows, and leaves the new lease alone. Loop does all of this.
//   - An unknown outcome of a save is treated like a conflict: load again and apply what is missing.
//
// # Order
//
// Messages of one lane leave in the order they were added. One that is being retried, or is parked, blocks those behind
// it in its lane. One whose NotBefore lies ahead blocks nobody.
package outbox

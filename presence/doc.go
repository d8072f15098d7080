// Package presence knows who is in a channel, on all nodes, and the states that they show for a moment: who is typing, where a cursor is. It knows nothing
// of wires, codecs or permissions; what it tells, an Audience puts into packets.
//
// That a session is here is a lease, which its node renews while the session has a connection:
//
//	Enter ──▶ hold ──▶ renew, while connected ─┬─▶ Leave: released, gone at once
//	                      ▲                    └─▶ no connection, or a dead node: expired, gone after the grace
//	                      └── Returned ◀───────────────────────┘
//
// A node on which somebody watches a channel follows its leases, and tells its watchers what changed, gathered: one diff for all of them, at most one
// in 50 ms. States are leases too, of a short time, and only the latest of each waits for a watcher that does not keep up.
package presence

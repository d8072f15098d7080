package channel

import "crypto/rand"

// A Position is a place in the publications of a channel: after the publication with that offset, in that epoch. Offsets of
// different epochs have nothing to do with each other. The zero Position is no position.
type Position struct {
	// Epoch names one stretch of numbering. It changes when the numbering starts anew, which tells whoever has an older position
	// that publications may have been missed.
	Epoch string
	// Offset is the number of the last publication: 0 before the first, then one more for each.
	Offset uint64
}

// newEpoch returns 12 random characters: 60 bits, so that a channel that was forgotten does not come back under an old name.
func newEpoch() string { return rand.Text()[:12] }

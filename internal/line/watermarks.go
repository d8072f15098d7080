package line

import (
	"crypto/sha256"

	"github.com/hawser-go/hawser/codec"
)

// watermarks are how many packets each session that was forgotten had accepted, so that a client that has lost one knows what need not be sent
// again: docs/protocol.md §10.
type watermarks = recent[digest, uint64]

// proofOf is what a client shows that has lost a session. It is a digest of the id and the key: nothing of the key is kept, and how long a look-up takes says
// nothing of it.
func proofOf(sid, key string) digest {
	sum := sha256.Sum256([]byte(sid + "\x00" + key))
	return digest(sum[:16])
}

// settle returns how many packets of a session that its client has lost were accepted, or nil where that is not known. If the session is still here, it ends,
// so that the count is final.
func (g *Registry) settle(lost *codec.Lost) *uint64 {
	l, accepted := g.lost(lost)
	switch {
	case l == nil:
		return accepted
	case !l.hasKey(lost.Key):
		return nil
	}
	n := l.supersede()
	return &n
}

// lost returns the line of a session that its client has lost, or what is remembered of it.
func (g *Registry) lost(lost *codec.Lost) (l *Line, accepted *uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if l := g.bySID[lost.SID]; l != nil {
		return l, nil
	}
	if n, known := g.watermarks.find(proofOf(lost.SID, lost.Key), g.now()); known {
		return nil, &n
	}
	return nil, nil
}

package line

import (
	"crypto/sha256"
	"time"

	"github.com/hawser-go/hawser/codec"
)

// watermarks remember of sessions that were forgotten how many packets each had accepted, so that a client that has lost one knows what need not be sent
// again: docs/protocol.md §10. There are at most so many of them, each for so long; the oldest are forgotten first.
type watermarks struct {
	window  time.Duration
	limit   int
	byProof map[digest]uint64
	oldest  []mark // in the order of their moments
}

type mark struct {
	proof digest
	until moment
}

// proofOf is what a client shows that has lost a session. It is a digest of the id and the key: nothing of the key is kept, and how long a look-up takes says
// nothing of it.
func proofOf(sid, key string) digest {
	sum := sha256.Sum256([]byte(sid + "\x00" + key))
	return digest(sum[:16])
}

// keep remembers a session's count, which is final.
func (m *watermarks) keep(proof digest, accepted uint64, now moment) {
	m.forget(now)
	if m.window <= 0 || m.limit <= 0 {
		return
	}
	if len(m.oldest) >= m.limit {
		m.drop(1)
	}
	if m.byProof == nil {
		m.byProof = map[digest]uint64{}
	}
	m.byProof[proof] = accepted
	m.oldest = append(m.oldest, mark{proof, now.add(m.window)})
}

// find returns the count of a session, or nil if it is not known, or not any more.
func (m *watermarks) find(proof digest, now moment) *uint64 {
	m.forget(now)
	if accepted, known := m.byProof[proof]; known {
		return &accepted
	}
	return nil
}

// forget drops those whose time is over.
func (m *watermarks) forget(now moment) {
	n := 0
	for n < len(m.oldest) && now > m.oldest[n].until {
		n++
	}
	m.drop(n)
}

func (m *watermarks) drop(n int) {
	for _, old := range m.oldest[:n] {
		delete(m.byProof, old.proof)
	}
	m.oldest = m.oldest[n:]
	if len(m.oldest) == 0 {
		m.oldest, m.byProof = nil, nil
	}
}

// settle returns how many packets of a session that its client has lost were accepted, or nil where that is not known. If the session is still here, it ends,
// so that the count is final.
func (g *Registry) settle(lost *codec.Lost) *uint64 {
	g.mu.Lock()
	l := g.bySID[lost.SID]
	if l == nil {
		defer g.mu.Unlock()
		return g.watermarks.find(proofOf(lost.SID, lost.Key), g.now())
	}
	g.mu.Unlock()
	if !l.hasKey(lost.Key) {
		return nil
	}
	accepted := l.supersede()
	return &accepted
}

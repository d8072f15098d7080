package hawser

import (
	"slices"
	"sync"

	"github.com/hawser-go/hawser/channel"
)

// joined is one channel that a session is a member of, or is about to become one of.
type joined struct {
	name    string
	channel *Channel
	params  channel.Params
	told    bool // the client knows: its join was answered
}

// A decision about a join is under way: OnJoin has been asked. A session has at most one: they are handled in order.
type decision struct {
	channel string
	revoked bool
}

// memberships are the channels of one session. Their methods may be called at the same time.
type memberships struct {
	mu       sync.Mutex // guards what follows
	all      []joined   // those at its end, once the session has ended
	deciding *decision  // nil: no OnJoin is being asked
	ended    bool
}

// list returns them; none when the session has ended.
func (m *memberships) list() []joined {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ended {
		return nil
	}
	return slices.Clone(m.all)
}

// has reports whether the session is in a channel, or about to join it. It is not when it has ended.
func (m *memberships) has(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !m.ended && m.indexLocked(name) >= 0
}

// find returns the session's place in a channel, for what the client has sent: that was accepted before the end, and is handled as if there had been none.
func (m *memberships) find(name string) (joined, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.indexLocked(name)
	if i < 0 {
		return joined{}, false
	}
	return m.all[i], true
}

// add notes a channel that the session is about to join, if it may have so many.
func (m *memberships) add(j joined, most int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	again := m.indexLocked(j.name) >= 0
	switch {
	case m.ended:
		return ErrSessionEnded
	case m.deciding != nil && m.deciding.revoked:
		return Errorf(CodeForbidden, "not allowed any more")
	case !again && len(m.all) >= most:
		return Errorf(CodeRateLimited, "a session may join %d channels (Options.MaxChannels): leave one first", most)
	case !again:
		m.all = append(m.all, j)
	}
	return nil
}

// tell notes that a join was answered. It reports whether the session is still there.
func (m *memberships) tell(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.indexLocked(name)
	if i < 0 || m.ended {
		return false
	}
	m.all[i].told = true
	return true
}

// drop removes a channel, and reports whether the session was there: it was not if it has ended, but nothing more that it sent is for that channel then.
func (m *memberships) drop(name string) (j joined, was bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.indexLocked(name)
	if i < 0 {
		return joined{}, false
	}
	j = m.all[i]
	m.all = slices.Delete(m.all, i, i+1)
	if len(m.all) == 0 {
		m.all = nil
	}
	return j, !m.ended
}

// end ends all of them, and returns those that there were.
func (m *memberships) end() []joined {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended = true
	return slices.Clone(m.all)
}

// decide says that a channel's OnJoin is about to be asked.
func (m *memberships) decide(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.deciding = &decision{channel: name}
}

// decided ends what decide began. From then on Leave finds who has become a member.
func (m *memberships) decided() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.deciding = nil
}

// revoke makes a join of the channel fail whose OnJoin has been asked.
func (m *memberships) revoke(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.deciding != nil && m.deciding.channel == name {
		m.deciding.revoked = true
	}
}

func (m *memberships) indexLocked(name string) int {
	for i := range m.all {
		if m.all[i].name == name {
			return i
		}
	}
	return -1
}

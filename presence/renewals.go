package presence

import (
	"sync"
	"sync/atomic"
	"time"
)

// renewers is how many leases are renewed at the same time, so that a broker across a network can be asked for many in one go.
const renewers = 16

// renewLater notes that n more memberships have to be renewed, from time to time.
func (t *Tracker) renewLater(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.members += n
	switch {
	case t.closed:
	case t.members == 0:
		t.renewals.Stop()
		t.renewals = nil
	case t.renewals == nil:
		t.renewals = time.AfterFunc(t.options.renewEvery(), t.renewAll)
	}
}

// renewAll renews the leases of all who are connected. The others expire.
func (t *Tracker) renewAll() {
	t.mu.Lock()
	if t.renewals == nil { // closed, or nobody is here any more
		t.mu.Unlock()
		return
	}
	t.renewing.Add(1)
	defer t.renewing.Done()
	var all []*membership
	for _, r := range t.rooms {
		all = r.appendMemberships(all)
	}
	t.mu.Unlock()

	var next atomic.Int64
	var done sync.WaitGroup
	for range min(renewers, len(all)) {
		done.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(all)) && t.open.Err() == nil; i = next.Add(1) - 1 {
				t.renewConnected(all[i])
			}
		})
	}
	done.Wait()

	t.mu.Lock()
	defer t.mu.Unlock()
	if t.renewals != nil {
		t.renewals.Reset(t.options.renewEvery())
	}
}

func (t *Tracker) renewConnected(ms *membership) {
	if !ms.member.Connected() {
		return
	}
	ms.mu.Lock()
	defer ms.mu.Unlock()
	if !ms.left {
		ms.states.forget(time.Now())
		t.renew(t.open, ms)
	}
}

package load

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/hawser-go/hawser/bench/internal/dialect"
)

// profiled measures something. If the trial asks for it, the server profiles where its time goes, and what it has allocated.
func (l *Load) profiled(name string, measure func() (Measured, error)) (m Measured, err error) {
	if l.spec.Profiles == "" {
		return measure()
	}
	name = l.spec.Profiles + "-" + name
	if err := l.control.say("profile %s.cpu\n", name); err != nil {
		return m, err
	}
	if m, err = measure(); err != nil {
		return m, err
	}
	if _, err = l.control.Ask("profile"); err != nil {
		return m, err
	}
	_, err = l.control.Ask("heap " + name + ".heap")
	return m, err
}

func (l *Load) phase(p Phase) (Measured, error) {
	switch p.Kind {
	case Idle:
		return l.idle(p)
	case FanOut:
		return l.fanOut(p)
	case Paced:
		return l.paced(p)
	case Calls:
		return l.calls(p)
	case Resume:
		return l.resume()
	case Hush:
		return l.measured(func() (int64, error) { return 0, l.hush() })
	case Cut:
		return l.measured(func() (int64, error) { return 0, l.silent.close() })
	}
	return Measured{}, fmt.Errorf("there is no phase %q", p.Kind)
}

// idle does nothing for a while, and then measures the memory.
func (l *Load) idle(p Phase) (Measured, error) {
	m, err := l.measured(func() (int64, error) { return 0, l.wait(p.For) })
	if err != nil {
		return m, err
	}
	m.Usage, err = l.control.Ask("gc")
	return m, err
}

func (l *Load) fanOut(p Phase) (m Measured, err error) {
	l.flowing.Store(true)
	if p.Active > 0 {
		l.active.Store(int32(p.Active))
		for _, r := range l.rooms[:p.Active] {
			err = r.publish(l.control, p.InFlight, 1)
		}
	} else {
		l.active.Store(-1 << 30)
		for _, r := range l.rooms {
			err = r.publish(l.control, p.InFlight, max(l.spec.Lump, 1))
		}
	}
	if err != nil {
		return m, err
	}
	if err := l.wait(p.Warm); err != nil {
		return m, err
	}
	m, err = l.counted(p.For)
	if err != nil {
		return m, err
	}
	l.flowing.Store(false)
	return m, l.drain()
}

// counted measures what comes in a while.
func (l *Load) counted(d time.Duration) (Measured, error) {
	return l.measured(func() (int64, error) {
		before := l.count()
		err := l.wait(d)
		return l.count() - before, err
	})
}

// drain waits until all have got all.
func (l *Load) drain() error {
	defer func() {
		for _, r := range l.rooms {
			r.forget()
		}
	}()
	return l.until("deliveries missing", func() bool {
		for _, r := range l.rooms {
			if r.inFlight() > 0 {
				return false
			}
		}
		return true
	})
}

// paced publishes at a rate, whatever comes back, and measures how long deliveries take.
func (l *Load) paced(p Phase) (m Measured, err error) {
	between := time.Duration(float64(l.spec.Connections) / float64(len(l.rooms)) / p.Rate * float64(time.Second))
	if m, err = l.pace(p.Warm, between); err != nil {
		return m, err
	}
	for _, t := range l.threads {
		t.mu.Lock()
		t.latency = &histogram{}
		t.mu.Unlock()
	}
	if m, err = l.pace(p.For, between); err != nil {
		return m, err
	}
	var all histogram
	for _, t := range l.threads {
		t.mu.Lock()
		all.merge(t.latency)
		t.latency = nil
		t.mu.Unlock()
	}
	m.Latency = all.latency()
	return m, nil
}

func (l *Load) pace(d, between time.Duration) (Measured, error) {
	return l.measured(func() (int64, error) {
		before := l.count()
		began := time.Now()
		for asked := 0; ; {
			elapsed := min(time.Since(began), d)
			for ; time.Duration(asked)*between < elapsed; asked++ {
				if err := l.rooms[asked%len(l.rooms)].publish(l.control, 1, 1); err != nil {
					return 0, err
				}
			}
			if elapsed == d {
				break
			}
			if err := l.wait(min(time.Until(began.Add(time.Duration(asked)*between)), time.Until(began.Add(d)))); err != nil {
				return 0, err
			}
		}
		err := l.drain()
		return l.count() - before, err
	})
}

func (l *Load) calls(p Phase) (m Measured, err error) {
	l.depth.Store(int32(p.InFlight))
	for _, member := range l.members {
		member.thread.mu.Lock()
		member.want = member.sent
		var out []byte
		for range p.InFlight {
			out = member.client.Call(out, member.sent)
			member.sent++
		}
		err := member.write(out)
		member.thread.mu.Unlock()
		if err != nil {
			return m, err
		}
	}
	if err := l.wait(p.Warm); err != nil {
		return m, err
	}
	if m, err = l.counted(p.For); err != nil {
		return m, err
	}
	l.depth.Store(0)
	return m, l.until("answers missing", func() bool {
		for _, member := range l.members {
			member.thread.mu.Lock()
			missing := member.sent - member.want
			member.thread.mu.Unlock()
			if missing > 0 {
				return false
			}
		}
		return true
	})
}

// resume cuts all connections at once, and brings all sessions back on others.
func (l *Load) resume() (Measured, error) {
	return l.measured(func() (int64, error) {
		for _, m := range l.members {
			m.thread.mu.Lock()
			delete(m.thread.byFD, int32(m.fd))
			err := m.close()
			m.thread.mu.Unlock()
			if err != nil {
				return 0, err
			}
			m.client = m.client.(dialect.Resumer).Resume()
		}
		again := make(chan *member)
		failed := make(chan error, 64)
		for range 64 {
			go func() {
				var err error
				for m := range again {
					if err == nil {
						err = m.open(l.spec.Address, l.spec.TLS)
					}
					if err == nil {
						err = m.thread.listen(m)
					}
				}
				failed <- err
			}()
		}
		for _, m := range l.members {
			again <- m
		}
		close(again)
		var first error
		for range 64 {
			if err := <-failed; err != nil {
				first = err
			}
		}
		return int64(len(l.members)), first
	})
}

// hush lets one more member join that does not read, and has little room for what it does not read.
func (l *Load) hush() error {
	var err error
	if l.silent, err = newMember(l.spec.Dialect, l.rooms[0]); err != nil {
		return err
	}
	if err := l.silent.open(l.spec.Address, l.spec.TLS); err != nil {
		return err
	}
	err = syscall.SetsockoptInt(l.silent.fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<10)
	return os.NewSyscallError("setsockopt", err)
}

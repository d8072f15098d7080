package presence

import "time"

// A pace keeps what is told at least a while apart: the first thing goes at once, what comes soon after it is gathered. The room's lock guards it.
type pace struct {
	every time.Duration
	fire  func()
	timer *time.Timer
	armed bool
	last  time.Time // when something was told
}

// soonLocked makes fire be called as soon as it may.
func (p *pace) soonLocked() {
	if p.armed {
		return
	}
	p.armed = true
	wait := max(time.Until(p.last.Add(p.every)), 0)
	if p.timer == nil {
		p.timer = time.AfterFunc(wait, p.fire)
		return
	}
	p.timer.Reset(wait)
}

// dueLocked reports whether something may be told now.
func (p *pace) dueLocked() bool { return time.Since(p.last) >= p.every }

func (p *pace) firedLocked() { p.armed = false }
func (p *pace) toldLocked()  { p.last = time.Now() }

func (p *pace) stopLocked() {
	if p.timer != nil {
		p.timer.Stop()
	}
}

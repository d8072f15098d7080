package pump

import "time"

const (
	// interval is how long after a small write the next is due, once there have been many.
	interval = 250 * time.Microsecond
	// burst is how many may come sooner.
	burst = 16
	// large is from how many bytes on a write has gathered enough to count for nothing. Few, so that what gathers is far less than what a session's log takes.
	large = 2 << 10
	// fruitless is for how many writes nothing gathers any more, when it was in vain: who publishes waits for the peer.
	fruitless = 1024
)

// A pace says when what comes next should gather for a moment, because much has been written of late in small pieces: each piece is a system call here, and
// to a browser a task of its own, of which it takes some ten thousand in a second. Whoever runs the pump owns it. The zero value is ready.
type pace struct {
	due     int64 // when the small writes so far would be over if they kept to the interval, in nanoseconds of the Unix clock
	single  int32 // bytes of the last write for which nothing gathered
	free    int16 // so many writes are not looked at
	rested  bool  // what is written next has gathered
	answers bool  // what is written next answers the peer: it neither gathers nor counts
}

// take returns for how long what waits should gather, or 0 for a write that may be made now, which is counted.
func (p *pace) take() time.Duration {
	if p.answers {
		return 0
	}
	if p.free > 0 {
		p.free--
		return 0
	}
	now := time.Now().UnixNano()
	switch early := time.Duration(p.due-now) - burst*interval; {
	case early > interval: // the clock was set back
		p.due = now
	case early > 0:
		return early
	}
	p.due = max(p.due, now) + int64(interval)
	return 0
}

// wrote notes how many bytes a write has; 0: nothing waited.
func (p *pace) wrote(size int) {
	rested, answers := p.rested, p.answers
	p.rested, p.answers = false, false
	if answers || size == 0 {
		return
	}
	switch {
	case !rested:
		p.single = int32(min(size, large))
	case size < 2*int(p.single):
		p.free = fruitless
	}
	if size >= large {
		p.due -= int64(interval)
	}
}

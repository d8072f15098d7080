package session

import "sync"

// maxLent is the most bytes of a packet whose memory is used again: what is bigger is left to the garbage collector.
const maxLent = 4 << 10

var lent = sync.Pool{New: func() any { return new(Packet) }}

// Borrow makes a packet of what encode appends to dst, which is empty, in memory that is used again once the packet is acknowledged. So it is for one log:
// nobody else may keep it, or what Bytes returned, once the log has taken it. It fails with encode's error. What no log takes is left to the garbage
// collector.
func Borrow(encode func(dst []byte) ([]byte, error)) (*Packet, error) {
	p := lent.Get().(*Packet)
	encoded, err := encode(p.encoded[:0])
	if err != nil {
		lent.Put(p)
		return nil, err
	}
	p.encoded, p.lent = encoded, true
	return p, nil
}

// giveBack takes a packet back that was acknowledged.
func giveBack(p *Packet) {
	if p.lent && cap(p.encoded) <= maxLent {
		p.lent = false
		lent.Put(p)
	}
}

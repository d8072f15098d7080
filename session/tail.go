package session

import (
	"slices"
	"sync"
)

// few is how many unsent packets are looked through one by one: an index of them would cost more than it saves.
const few = 16

// edits is what a log keeps while its unsent tail is edited, or topics are suspended. Most logs never have one.
//
//	sent, numbered │ gap   │ unsent, with holes │
//	     … sent    │ ∅ ∅ ∅ │ p p ∅ p ∅ ∅ p      │
//
// What is removed leaves an empty slot. Those in front are the gap, behind which there is always a packet: when it is sent it moves to the other end of
// the gap, so that the numbered part has no holes. When most of the tail is holes it is closed up.
type edits struct {
	suspended []*Topic

	gap   int // empty slots between the sent part and the first unsent packet
	holes int // empty slots behind that
	// index says where the packets with keys stand in the tail: at the slot that would be their number if there were no empty ones. Nil while the tail is
	// short.
	index map[mark]uint64
	most  int             // that index has held
	spare map[mark]uint64 // an empty one, for the next index
}

// A mark is what packets are conflated by.
type mark struct {
	topic *Topic
	key   string
}

// editsPool recycles edits with their index, so that a reader that falls behind now and then costs no allocation.
var editsPool = sync.Pool{New: func() any { return new(edits) }}

// maxPooledIndex is the most entries an index may have held to be kept for another log.
const maxPooledIndex = 1024

func (o *Outgoing) edit() *edits {
	if o.edits == nil {
		o.edits = editsPool.Get().(*edits)
	}
	return o.edits
}

// settle gives back what is not needed any more when the tail is empty.
func (o *Outgoing) settle() {
	e := o.edits
	o.packets.truncate(o.sent)
	if e.index != nil && e.most <= maxPooledIndex {
		e.spare = e.index
	}
	e.index, e.most, e.gap, e.holes = nil, 0, 0, 0
	if len(e.suspended) == 0 {
		o.edits = nil
		editsPool.Put(e)
	}
}

// gap returns how many empty slots stand between the sent part and the tail.
func (o *Outgoing) gap() int {
	if o.edits == nil {
		return 0
	}
	return o.edits.gap
}

func (o *Outgoing) empties() int {
	if o.edits == nil {
		return 0
	}
	return o.edits.gap + o.edits.holes
}

// first returns the first unsent packet, or nil.
func (o *Outgoing) first() *Packet {
	i := o.sent + o.gap()
	if i >= o.packets.len() {
		return nil
	}
	return o.packets.at(i)
}

// number makes the first unsent packet the last of the sent part.
func (o *Outgoing) number(p *Packet) {
	if e := o.edits; e != nil {
		o.unindex(p)
		if e.gap > 0 {
			o.packets.move(o.sent+e.gap, o.sent)
		}
	}
	o.sent++
	o.sentBytes += p.Len()
	o.unsentBytes -= p.Len()
	if o.edits != nil {
		o.closeFront()
	}
}

// closeFront makes the gap reach the next packet.
func (o *Outgoing) closeFront() {
	if o.unsent() == 0 {
		o.settle()
		return
	}
	for e := o.edits; o.packets.at(o.sent+e.gap) == nil; {
		e.gap++
		e.holes--
	}
}

// push appends p to the tail.
func (o *Outgoing) push(p *Packet) {
	o.packets.push(p)
	o.unsentBytes += p.Len()
	if e := o.edits; e != nil && e.index != nil && p.key != "" {
		e.index[mark{p.topic, p.key}] = o.acked + uint64(o.packets.len()-1)
		e.most = max(e.most, len(e.index))
	}
}

// conflate removes the packet of the tail that p replaces, if there is one.
func (o *Outgoing) conflate(p *Packet) {
	if o.unsent() == 0 {
		return
	}
	if i := o.replaced(p); i >= 0 {
		o.remove(i)
	}
}

// replaced returns the slot of the packet that p replaces, or -1.
func (o *Outgoing) replaced(p *Packet) int {
	from := o.sent + o.gap()
	if o.edits == nil || o.edits.index == nil {
		if o.packets.len()-from <= few {
			return o.lastLike(p, from)
		}
		o.makeIndex()
	}
	if at, ok := o.edits.index[mark{p.topic, p.key}]; ok {
		return int(at - o.acked)
	}
	return -1
}

// lastLike looks through the slots for the last with p's topic and key.
func (o *Outgoing) lastLike(p *Packet, from int) int {
	for i := o.packets.len() - 1; i >= from; i-- {
		if q := o.packets.at(i); q != nil && q.topic == p.topic && q.key == p.key {
			return i
		}
	}
	return -1
}

func (o *Outgoing) makeIndex() {
	e := o.edit()
	e.index, e.spare = e.spare, nil
	if e.index == nil {
		e.index = make(map[mark]uint64, 2*few)
	}
	for i := o.sent + e.gap; i < o.packets.len(); i++ {
		if p := o.packets.at(i); p != nil && p.key != "" {
			e.index[mark{p.topic, p.key}] = o.acked + uint64(i)
		}
	}
	e.most = max(e.most, len(e.index))
}

func (o *Outgoing) unindex(p *Packet) {
	if e := o.edits; e.index != nil && p.key != "" {
		delete(e.index, mark{p.topic, p.key})
	}
}

// remove takes the packet at slot i out of the tail.
func (o *Outgoing) remove(i int) {
	e := o.edit()
	p := o.packets.take(i)
	o.unindex(p)
	o.unsentBytes -= p.Len()
	e.holes++
	o.closeFront()
	if n := o.empties(); n > few && n > o.unsent() {
		o.closeUp(nil)
	}
}

// closeUp moves the packets of the tail together, and removes those of some topics.
func (o *Outgoing) closeUp(lost []*tally) {
	e := o.edit()
	to := o.sent
	for i := o.sent + e.gap; i < o.packets.len(); i++ {
		p := o.packets.at(i)
		switch {
		case p == nil:
			continue
		case slices.ContainsFunc(lost, func(t *tally) bool { return t.topic == p.topic }):
			o.unindex(p)
			o.unsentBytes -= p.Len()
			o.packets.take(i)
			continue
		case i != to:
			o.packets.move(i, to)
			if e.index != nil && p.key != "" {
				e.index[mark{p.topic, p.key}] = o.acked + uint64(to)
			}
		}
		to++
	}
	e.gap, e.holes = 0, 0
	o.packets.truncate(to)
	if to == o.sent {
		o.settle()
	}
}

// Resume ends the suspension of a topic, if there is one, which began with its notice: its packets are taken again.
func (o *Outgoing) Resume(t *Topic) {
	if !o.Suspended(t) {
		return
	}
	e := o.edits
	i := slices.Index(e.suspended, t)
	e.suspended = slices.Delete(e.suspended, i, i+1)
	if o.unsent() == 0 {
		o.settle()
	}
}

// Suspended reports whether the topic's packets are refused, because some were dropped.
func (o *Outgoing) Suspended(t *Topic) bool {
	return o.edits != nil && slices.Contains(o.edits.suspended, t)
}

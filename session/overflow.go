package session

// A tally is what a topic has in the tail.
type tally struct {
	topic          *Topic
	packets, bytes int
}

// fits reports whether a tail of so many packets and bytes takes p too.
func (l *Limits) fits(packets, bytes int, p *Packet) bool {
	return packets == 0 || packets < l.UnsentPackets && bytes+p.Len() <= l.UnsentBytes
}

// overflow makes room for p, which the bounds keep out: the topic that has most in the tail loses it, and then the next, until p fits. If p would be of
// the topic that has most, p is what does not fit. Nothing else is lost; if that is not enough, nothing is changed and the answer is false.
//
// The cost is that of two walks over the tail, whose length is bounded. A topic does not come here again before a Resume.
func (o *Outgoing) overflow(p *Packet) (lost []*tally, ok bool) {
	tallies := o.tallies(p)
	packets, bytes := o.unsent(), o.unsentBytes
	for !o.limits.fits(packets, bytes, p) {
		var most *tally
		for _, t := range tallies {
			if t.packets > 0 && (most == nil || t.bytes > most.bytes) {
				most = t
			}
		}
		if most == nil {
			return nil, false
		}
		lost = append(lost, most)
		if most.topic == p.topic {
			break
		}
		packets -= most.packets
		bytes -= most.bytes
		most.packets = 0 // it is not asked again
	}
	return lost, true
}

// tallies counts what each topic has in the tail, in the order in which they come there, with p behind.
func (o *Outgoing) tallies(p *Packet) []*tally {
	var all []*tally
	byTopic := map[*Topic]*tally{}
	count := func(p *Packet) {
		if p == nil || p.topic == nil {
			return
		}
		t := byTopic[p.topic]
		if t == nil {
			t = &tally{topic: p.topic}
			byTopic[p.topic] = t
			all = append(all, t)
		}
		t.packets++
		t.bytes += p.Len()
	}
	for i := o.sent + o.gap(); i < o.packets.len(); i++ {
		count(o.packets.at(i))
	}
	count(p)
	return all
}

// suspend drops what the topics have in the tail, and refuses more of them until a Resume.
func (o *Outgoing) suspend(lost []*tally) {
	e := o.edit()
	for _, t := range lost {
		e.suspended = append(e.suspended, t.topic)
	}
	if o.unsent() > 0 {
		o.closeUp(lost)
	}
}

// appendOver appends p where the bounds keep it out. Where topics lose something for it, the peer is told behind p: who reads that a channel was joined, and
// then that it was reset, knows what to do.
func (o *Outgoing) appendOver(p *Packet) error {
	lost, ok := o.overflow(p)
	if !ok {
		return ErrOverflow
	}
	o.suspend(lost)
	refused := o.Suspended(p.topic)
	if !refused {
		o.push(p)
	}
	for _, t := range lost {
		o.push(t.topic.notice()) // no bound keeps it out: there is one for each topic at most
	}
	if refused {
		return ErrSuspended
	}
	return nil
}

package session

// A Packet is one encoded packet. It is immutable, so any number of sessions may hold and write the same one.
type Packet struct {
	encoded []byte
	lent    bool   // it is of one log alone, which gives it back: see Borrow
	topic   *Topic // nil: nothing may take its place
	key     string // what it is conflated by within its topic, or ""
}

// NewPacket makes a packet of its encoded form, which must not be changed afterwards. It is of no topic: a log that has taken it delivers it or ends.
func NewPacket(encoded []byte) *Packet { return &Packet{encoded: encoded} }

// Bytes returns the encoded form. It must not be changed.
func (p *Packet) Bytes() []byte { return p.encoded }

// Len returns how many bytes the encoded form has.
func (p *Packet) Len() int { return len(p.encoded) }

// Topic returns what the packet is of, or nil.
func (p *Packet) Topic() *Topic { return p.topic }

// A Topic is what packets are of that can be lost together: a channel, in practice. Topics are told apart by their address, so that the packets of all
// sessions share one.
type Topic struct {
	notice func() *Packet
}

// NewTopic returns a topic. Where a log has dropped packets of it, notice makes what the peer is told, once. It is called under whatever lock guards the
// log: it must not block, nor use the log. It may be called by several logs at the same time.
func NewTopic(notice func() *Packet) *Topic { return &Topic{notice: notice} }

// Packet makes a packet of the topic. Of those with the same key, unless it is "", only the latest matters: a log keeps no older one unsent.
func (t *Topic) Packet(encoded []byte, key string) *Packet {
	return &Packet{encoded: encoded, topic: t, key: key}
}

package session

// A Packet is one encoded packet. It is immutable, so any number of sessions may hold and write the same one.
type Packet struct {
	encoded []byte
}

// NewPacket makes a packet of its encoded form, which must not be changed afterwards.
func NewPacket(encoded []byte) *Packet { return &Packet{encoded: encoded} }

// Bytes returns the encoded form. It must not be changed.
func (p *Packet) Bytes() []byte { return p.encoded }

// Len returns how many bytes the encoded form has.
func (p *Packet) Len() int { return len(p.encoded) }

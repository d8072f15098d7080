package dialect

import "github.com/hawser-go/hawser/codec"

// A Race is a session that begins as the browser's does: with a stream and a WebSocket side by side, and then
// on the WebSocket alone. The stream's hello goes first and carries the join, the WebSocket's is a standby to
// which the session moves.
type Race struct {
	stream *hawserStream
	socket hawserWebSocket
}

// NewRace returns a race of a session in JSON.
func NewRace(room int) *Race {
	h := newHawser(jsonFormat{}, room)
	rival := *h
	rival.wire, rival.asked = 2, 1 // the join is the stream's affair
	return &Race{stream: newHawserStream(h), socket: newHawserWebSocket(&rival).(hawserWebSocket)}
}

// Stream is the first wire: it is done with when it has joined.
func (r *Race) Stream() Client { return r.stream }

// Socket is the second, which stays.
func (r *Race) Socket() Client { return r.socket }

// Welcomed reports whether the WebSocket may be moved to.
func (r *Race) Welcomed() bool { return r.socket.hawser.welcomed }

// Moved reports whether the server sends on the WebSocket.
func (r *Race) Moved() bool { return r.socket.hawser.next > 0 }

// Move returns what moves the session to the WebSocket.
func (r *Race) Move() []byte {
	h := r.socket.hawser
	h.recv, h.in = r.stream.recv, true
	h.claim++
	use := h.append(nil, &codec.Packet{Kind: codec.KindUse, Wire: h.wire, Claim: h.claim, Recv: h.recv})
	h.acknowledged()
	return appendFrame(nil, opText, use)
}

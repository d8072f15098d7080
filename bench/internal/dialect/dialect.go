// Package dialect is what the clients of the measured servers say: as little as reads each message and answers
// as a real client must. It does no I/O: bytes go in, and message numbers and bytes come out, so that one
// thread can be thousands of clients.
package dialect

import "fmt"

// A Client is one connection's protocol.
type Client interface {
	// Hello is what the client writes first.
	Hello() []byte
	// Feed takes what has come and was not used before, and returns how much of it is used up now.
	Feed(in []byte, b *Batch) (used int, err error)
	// Joined reports whether the client is a member of its room.
	Joined() bool
	// Call appends a call that carries the message with that number: its answer carries it back.
	Call(dst []byte, seq uint32) []byte
}

// A Batch is what came of feeding a client. It is emptied by whoever feeds.
type Batch struct {
	Seqs []uint32 // the messages that came, in order
	Out  []byte   // what to write on the connection
	Post bool     // whether the client has something to say by a request of its own: see Poster
}

// Reset empties b.
func (b *Batch) Reset() { b.Seqs, b.Out, b.Post = b.Seqs[:0], b.Out[:0], false }

// A Poster is a Client that cannot write on its connection.
type Poster interface {
	// Uplink returns the request to send on another connection. What comes back needs no reading but of its end.
	Uplink() []byte
}

// A Resumer is a Client that can go on where it was on another connection.
type Resumer interface {
	Resume() Client
}

// New returns the client for a room that speaks the dialect of that name.
func New(name string, room int) (Client, error) {
	switch name {
	case "raw":
		return &raw{room: room}, nil
	case "held":
		return &held{}, nil
	case "websocket":
		return newWebSocket(fmt.Sprintf("/?room=%d", room), "", bare{}), nil
	case "socketio":
		return newWebSocket("/socket.io/?EIO=4&transport=websocket", "", &socketIO{room: room}), nil
	case "socketio-poll":
		return &socketIOPoll{socketIO: socketIO{room: room}}, nil
	case "centrifuge":
		return newWebSocket("/websocket", "", &centrifuge{room: room}), nil
	case "centrifuge-protobuf":
		return newWebSocket("/websocket?cf_protocol=protobuf", "", &centrifugeProtobuf{room: room}), nil
	case "centrifuge-stream":
		return newCentrifugeStream(room), nil
	case "hawser-json":
		return newHawserWebSocket(newHawser(jsonFormat{}, room)), nil
	case "hawser-msgpack":
		return newHawserWebSocket(newHawser(messagePackFormat{}, room)), nil
	case "hawser-sse":
		return newHawserStream(newHawser(jsonFormat{}, room)), nil
	case "hawser-poll":
		return newHawserPoll(newHawser(jsonFormat{}, room)), nil
	}
	return nil, fmt.Errorf("there is no dialect %q", name)
}

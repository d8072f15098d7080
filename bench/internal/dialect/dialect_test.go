package dialect

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hawser-go/hawser/bench/internal/payload"
	"github.com/hawser-go/hawser/codec"
)

// feed feeds what a server says, cut in two at the given place, and returns what the client made of it.
func feed(c Client, said []byte, at int) (Batch, error) {
	var b Batch
	var in []byte
	for _, part := range [][]byte{said[:at], said[at:]} {
		in = append(in, part...)
		for {
			used, err := c.Feed(in, &b)
			if err != nil {
				return b, err
			}
			in = in[used:]
			if used == 0 || len(in) == 0 {
				break
			}
		}
	}
	if len(in) > 0 {
		return b, fmt.Errorf("%d bytes are left", len(in))
	}
	return b, nil
}

func message(op byte, last bool, text string) []byte {
	if last {
		op |= 0x80
	}
	head := []byte{op, byte(len(text))}
	if len(text) > 125 {
		head = binary.BigEndian.AppendUint16([]byte{op, 126}, uint16(len(text)))
	}
	return append(head, text...)
}

func chunked(parts ...string) []byte {
	out := []byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
	for _, p := range parts {
		out = fmt.Appendf(out, "%x\r\n%s\r\n", len(p), p)
	}
	return out
}

func answer(text string) []byte {
	return fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
}

const (
	upgraded = "HTTP/1.1 101 Switching Protocols\r\n\r\n"
	welcome  = `[1,{"v":1,"sid":"s","recv":1,"active":true,"resumed":false,"heartbeat":25000,"limits":{"frame":1048576}}]`
	joined   = `[34,1,{"epoch":"e","offset":0}]`
)

func published(offset int) string {
	return fmt.Sprintf(`[39,"room:0",%d,"m",%s]`, offset, payload.JSON(payload.First+uint32(offset)-1))
}

func packed(t *testing.T, packets ...codec.Packet) string {
	t.Helper()
	var frame []byte
	for _, p := range packets {
		var err error
		if frame, err = codec.MessagePack().AppendPacket(frame, &p); err != nil {
			t.Fatal(err)
		}
	}
	return string(frame)
}

func raws(t *testing.T, v any) codec.Payload {
	t.Helper()
	encoded, err := codec.MessagePack().Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return codec.Payload{Raw: encoded}
}

// TestMessagesAreFound: each dialect finds two messages, wherever what was said is cut.
func TestMessagesAreFound(t *testing.T) {
	one, two := string(payload.JSON(payload.First)), string(payload.JSON(payload.First+1))
	stream := "data: " + welcome + "\ndata: [3,1]\ndata: " + joined + "\n\n:\n\n" +
		"data: " + published(1) + "\ndata: " + published(2) + "\n\n"
	push := func(message string) string {
		return `{"push":{"channel":"room:0","pub":{"data":` + message + `}}}` + "\n"
	}
	delimited := func(reply []byte) string {
		return string(binary.AppendUvarint(nil, uint64(len(reply)))) + string(reply)
	}
	pack := func(offset uint64) codec.Packet {
		data := raws(t, payload.New(payload.First+uint32(offset)-1))
		return codec.Packet{Kind: codec.KindMessage, Channel: "room:0", Offset: offset, Event: "m", Data: data}
	}
	poll := welcome + "\n[3,1]\n" + joined + "\n" + published(1) + "\n" + published(2)
	msgpack := packed(t,
		codec.Packet{Kind: codec.KindWelcome, Data: raws(t, codec.Welcome{V: 1, SID: "s", Active: true})},
		codec.Packet{Kind: codec.KindStart, N: 1},
		codec.Packet{Kind: codec.KindReply, ID: 1, Data: raws(t, map[string]any{"epoch": "e", "offset": 70_000})},
		pack(1),
		pack(2),
	)
	for name, said := range map[string][]byte{
		"raw": slices.Concat(message(1, true, ""), message(1, true, one), message(1, true, two)),
		"websocket": slices.Concat([]byte(upgraded), message(1, false, one+"\n"+two[:40]), message(9, true, "ping"),
			message(0, true, two[40:])),
		"socketio": slices.Concat([]byte(upgraded), message(1, true, `0{"sid":"x"}`), message(1, true, `40{"sid":"y"}`),
			message(1, true, `430[]`), message(1, true, `42["m",`+one+`]`), message(1, true, `43`+`7[`+two+`]`)),
		"centrifuge": slices.Concat([]byte(upgraded),
			message(1, true, `{"id":1,"connect":{"client":"c"}}`+"\n"+`{"id":2,"subscribe":{}}`),
			message(1, true, `{}`), message(1, true, push(one)+strings.TrimSpace(push(two)))),
		"centrifuge-protobuf": slices.Concat([]byte(upgraded),
			message(2, true, "\x04\x08\x01\x2a\x00\x04\x08\x02\x32\x00"),
			message(2, true, "\x00"+delimited(field(nil, replyPush, []byte(one)))+delimited(field(nil, reply, []byte(two))))),
		"centrifuge-stream": chunked(`{"id":1,"connect":{}}`+"\n"+`{"id":2,"subs`, `cribe":{}}`+"\n", push(one), push(two)),
		"socketio-poll": slices.Concat(answer(`0{"sid":"x"}`), answer("ok"), answer(`40{"sid":"y"}`), answer("ok"),
			answer("430[]\x1e2"), answer("ok"), answer(`42["m",`+one+"]\x1e"+`42["m",`+two+`]`)),
		"hawser-json": slices.Concat([]byte(upgraded), message(1, true, welcome+"\n[3,1]\n"+joined),
			message(1, true, published(1)+"\n[6,9]\n"+published(2))),
		"hawser-msgpack": slices.Concat([]byte(upgraded), message(2, true, msgpack)),
		"hawser-sse":     chunked(stream[:200], stream[200:300], stream[300:]),
		"hawser-poll":    answer(poll),
	} {
		if name == "hawser-sse" { // without chunks too, until the connection ends
			unchunked := append([]byte("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"), stream...)
			c := newHawserStream(newHawser(jsonFormat{}, 0))
			if b, err := feed(c, unchunked, 300); err != nil || len(b.Seqs) != 2 {
				t.Errorf("without chunks: %v, %v", b.Seqs, err)
			}
		}
		for at := range said {
			c, err := New(name, 0)
			if err != nil {
				t.Fatal(err)
			}
			b, err := feed(c, said, at)
			if err != nil || !c.Joined() || !slices.Equal(b.Seqs, []uint32{payload.First, payload.First + 1}) {
				t.Fatalf("%s, cut at %d: %v, joined %v, %v", name, at, b.Seqs, c.Joined(), err)
			}
		}
	}
}

func TestHawserDropsDuplicatesAndSeesLeaps(t *testing.T) {
	begin := welcome + "\n[3,1]\n" + joined + "\n" + published(1)
	for _, c := range []struct {
		then string
		seqs int
		fine bool
	}{
		{"[3,2]\n" + published(1) + "\n" + published(2), 2, true},
		{"[3,4]\n" + published(3), 1, false},
		{`[8,"protocol"]`, 1, false},
		{`[44,"overflow"]`, 1, false},
	} {
		client := newHawserWebSocket(newHawser(jsonFormat{}, 0))
		said := slices.Concat([]byte(upgraded), message(1, true, begin), message(1, true, c.then))
		b, err := feed(client, said, len(said))
		if len(b.Seqs) != c.seqs || (err == nil) != c.fine {
			t.Errorf("%s: %v, %v", c.then, b.Seqs, err)
		}
	}
}

// TestHawserAcknowledges: after 32 KiB, with a pong, and with a call.
func TestHawserAcknowledges(t *testing.T) {
	h := newHawser(jsonFormat{}, 0)
	m := hawserMessages{h}
	var b Batch
	say := func(packets ...string) string {
		b.Reset()
		if err := m.message([]byte(strings.Join(packets, "\n")), &b); err != nil {
			t.Fatal(err)
		}
		return unmasked(t, b.Out)
	}
	if said := say(welcome, "[3,1]", joined); said != "" {
		t.Errorf("said %q", said)
	}
	n := 1
	for bytes := len(joined); bytes < 32<<10; n++ {
		p, want := published(n), ""
		if bytes += len(p); bytes >= 32<<10 {
			want = fmt.Sprintf("[5,%d]", n+1)
		}
		if said := say(p); said != want {
			t.Fatalf("after %d bytes: %q", bytes, said)
		}
	}
	if said := say(published(n), "[6,5]"); said != fmt.Sprintf("[7,5]\n[5,%d]", n+1) {
		t.Errorf("after a ping: %q", said)
	}
	say(published(n + 1))
	if call := string(m.call(payload.First)); !strings.HasPrefix(call, fmt.Sprintf("[5,%d]\n[33,1,", n+2)) {
		t.Errorf("a call: %q", call)
	}
	if call := string(m.call(payload.First)); !strings.HasPrefix(call, "[33,2,") {
		t.Errorf("another call: %q", call)
	}
}

func unmasked(t *testing.T, frame []byte) string {
	t.Helper()
	if len(frame) == 0 {
		return ""
	}
	if frame[0] != 0x81 || int(frame[1]) != 0x80|len(frame)-6 {
		t.Fatalf("not one short frame: %x", frame)
	}
	text := make([]byte, len(frame)-6)
	for i := range text {
		text[i] = frame[6+i] ^ frame[2+i&3]
	}
	return string(text)
}

func FuzzFeed(f *testing.F) {
	names := []string{
		"raw", "websocket", "socketio", "centrifuge", "centrifuge-stream", "centrifuge-protobuf", "socketio-poll",
		"hawser-json", "hawser-msgpack", "hawser-sse", "hawser-poll",
	}
	f.Add(byte(5), slices.Concat([]byte(upgraded), message(1, true, welcome+"\n[3,1]\n"+joined)))
	f.Add(byte(7), chunked("data: "+welcome+"\n"))
	f.Add(byte(6), slices.Concat([]byte(upgraded), message(2, true, "\x93\x27\xdb\xff\xff\xff\xff")))
	f.Fuzz(func(t *testing.T, which byte, said []byte) {
		c, err := New(names[int(which)%len(names)], 0)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = feed(c, said, len(said)/2) // whatever a server says, an error and no panic
	})
}

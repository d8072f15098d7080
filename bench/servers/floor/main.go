// The floor: what the operating system takes for the deliveries alone. Plain TCP connections, no protocol; each
// message is framed like an unmasked WebSocket message, once, and written to each connection, one write a
// message or, with -lump, one write for all that is published together.
//
// A connection says the number of its room, and a newline. What it says then comes back as it is.
//
// With -http, it is a bare net/http handler instead, which answers with a header and holds the response: what
// an idle stream costs at least.
package main

import (
	"bufio"
	"flag"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/hawser-go/hawser/bench/internal/control"
	"github.com/hawser-go/hawser/bench/internal/payload"
)

var (
	lump = flag.Bool("lump", false, "one write for all messages that are published together")
	held = flag.Bool("http", false, "a net/http handler that holds its response")
)

func main() {
	flag.Parse()
	if *held {
		control.Run(control.App{Serve: control.HTTP(http.HandlerFunc(hold)), Publish: func(int, uint32, int) {}})
		return
	}
	rooms := rooms{members: map[int][]net.Conn{}}
	control.Run(control.App{Serve: rooms.serve, Publish: rooms.publish})
}

func hold(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "text/event-stream")
	if err := http.NewResponseController(w).Flush(); err != nil {
		log.Fatal(err)
	}
	<-r.Context().Done()
}

type rooms struct {
	mu      sync.Mutex
	members map[int][]net.Conn
}

func (r *rooms) serve(l net.Listener) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go r.join(c)
	}
}

func (r *rooms) join(c net.Conn) {
	defer c.Close()
	in := bufio.NewReaderSize(c, 4<<10)
	line, err := in.ReadString('\n')
	if err != nil {
		return
	}
	room, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		return
	}
	r.mu.Lock()
	r.members[room] = append(r.members[room], c)
	r.mu.Unlock()
	_, _ = c.Write([]byte{0x81, 0}) // an empty message: joined
	for {
		if _, err := in.Peek(1); err != nil {
			return
		}
		all, _ := in.Peek(in.Buffered())
		if _, err := c.Write(all); err != nil {
			return
		}
		_, _ = in.Discard(len(all))
	}
}

func (r *rooms) publish(room int, first uint32, count int) {
	var frames []byte
	for i := range count {
		frames = append(frames, 0x81, 126, payload.Size>>8, payload.Size&0xff)
		frames = payload.AppendJSON(frames, first+uint32(i))
	}
	step := len(frames) / count
	if *lump {
		step = len(frames)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for at := 0; at < len(frames); at += step {
		for _, c := range r.members[room] {
			_, _ = c.Write(frames[at : at+step])
		}
	}
}

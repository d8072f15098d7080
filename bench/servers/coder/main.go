// A hub on coder/websocket such as one writes first: each connection has a channel and a goroutine that writes
// from it, a message at a time.
package main

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/hawser-go/hawser/bench/internal/control"
	"github.com/hawser-go/hawser/bench/internal/payload"
)

const (
	writeWait = 5 * time.Second
	queue     = 256 // messages; who falls behind by more is closed
)

type rooms struct {
	mu      sync.Mutex
	members map[int]map[chan []byte]bool
}

func (r *rooms) join(n int, send chan []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.members[n] == nil {
		r.members[n] = map[chan []byte]bool{}
	}
	r.members[n][send] = true
}

func (r *rooms) leave(n int, send chan []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.members[n][send] {
		delete(r.members[n], send)
		close(send)
	}
}

func (r *rooms) publish(n int, seq uint32) {
	message := payload.JSON(seq)
	r.mu.Lock()
	defer r.mu.Unlock()
	for send := range r.members[n] {
		select {
		case send <- message:
		default:
			delete(r.members[n], send)
			close(send)
		}
	}
}

func (r *rooms) serve(w http.ResponseWriter, request *http.Request) {
	n, err := strconv.Atoi(request.URL.Query().Get("room"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	conn, err := websocket.Accept(w, request, nil)
	if err != nil {
		return
	}
	defer func() { _ = conn.CloseNow() }()
	ctx := context.WithoutCancel(request.Context())
	send := make(chan []byte, queue)
	r.join(n, send)
	defer r.leave(n, send)
	go write(ctx, conn, send)
	for {
		kind, message, err := conn.Read(ctx)
		if err != nil {
			return
		}
		if err := conn.Write(ctx, kind, message); err != nil {
			return
		}
	}
}

func write(ctx context.Context, conn *websocket.Conn, send chan []byte) {
	defer func() { _ = conn.CloseNow() }()
	for message := range send {
		if err := within(ctx, conn, message); err != nil {
			return
		}
	}
}

func within(ctx context.Context, conn *websocket.Conn, message []byte) error {
	ctx, cancel := context.WithTimeout(ctx, writeWait)
	defer cancel()
	return conn.Write(ctx, websocket.MessageText, message)
}

func main() {
	r := &rooms{members: map[int]map[chan []byte]bool{}}
	control.Run(control.App{Serve: control.HTTP(http.HandlerFunc(r.serve)), Publish: control.Each(r.publish)})
}

// A chat hub on gorilla/websocket, in the shape that most servers on it have: a goroutine that owns the room,
// and for each connection one that reads and one that writes from a channel, which puts all that waits into one
// message, a line each.
package main

import (
	"log"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/hawser-go/hawser/bench/internal/control"
	"github.com/hawser-go/hawser/bench/internal/payload"
)

const (
	writeWait  = 10 * time.Second
	pongWait   = 60 * time.Second
	pingPeriod = pongWait * 9 / 10
	queue      = 256 // messages; who falls behind by more is closed
)

type member struct {
	conn *websocket.Conn
	send chan []byte
}

type room struct {
	join, leave chan *member
	publish     chan []byte
}

func newRoom() *room {
	r := &room{join: make(chan *member), leave: make(chan *member), publish: make(chan []byte)}
	go r.run()
	return r
}

func (r *room) run() {
	members := map[*member]bool{}
	for {
		select {
		case m := <-r.join:
			members[m] = true
		case m := <-r.leave:
			if members[m] {
				delete(members, m)
				close(m.send)
			}
		case message := <-r.publish:
			for m := range members {
				select {
				case m.send <- message:
				default:
					delete(members, m)
					close(m.send)
				}
			}
		}
	}
}

func (m *member) read(r *room) {
	defer func() {
		r.leave <- m
		_ = m.conn.Close()
	}()
	m.conn.SetReadLimit(512)
	_ = m.conn.SetReadDeadline(time.Now().Add(pongWait))
	m.conn.SetPongHandler(func(string) error { return m.conn.SetReadDeadline(time.Now().Add(pongWait)) })
	for {
		_, message, err := m.conn.ReadMessage()
		if err != nil {
			return
		}
		m.send <- message
	}
}

func (m *member) write() {
	ping := time.NewTicker(pingPeriod)
	defer ping.Stop()
	defer m.conn.Close()
	for {
		select {
		case message, ok := <-m.send:
			_ = m.conn.SetWriteDeadline(time.Now().Add(writeWait))
			if !ok {
				_ = m.conn.WriteMessage(websocket.CloseMessage, nil)
				return
			}
			if err := m.flush(message); err != nil {
				return
			}
		case <-ping.C:
			_ = m.conn.SetWriteDeadline(time.Now().Add(writeWait))
			if err := m.conn.WriteMessage(websocket.PingMessage, nil); err != nil {
				return
			}
		}
	}
}

// flush writes one message and all that waits behind it.
func (m *member) flush(message []byte) error {
	w, err := m.conn.NextWriter(websocket.TextMessage)
	if err != nil {
		return err
	}
	_, _ = w.Write(message)
	for range len(m.send) {
		_, _ = w.Write([]byte{'\n'})
		_, _ = w.Write(<-m.send)
	}
	return w.Close()
}

func main() {
	var mu sync.Mutex
	rooms := map[int]*room{}
	of := func(n int) *room {
		mu.Lock()
		defer mu.Unlock()
		if rooms[n] == nil {
			rooms[n] = newRoom()
		}
		return rooms[n]
	}
	upgrader := websocket.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 1024}
	control.Run(control.App{
		Serve: control.HTTP(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
			n, err := strconv.Atoi(request.URL.Query().Get("room"))
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			conn, err := upgrader.Upgrade(w, request, nil)
			if err != nil {
				log.Print(err)
				return
			}
			m := &member{conn: conn, send: make(chan []byte, queue)}
			r := of(n)
			r.join <- m
			go m.write()
			go m.read(r)
		})),
		Publish: control.Each(func(n int, seq uint32) { of(n).publish <- payload.JSON(seq) }),
	})
}

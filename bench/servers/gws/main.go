// lxzan/gws, as its README broadcasts: a Broadcaster a message.
package main

import (
	"log"
	"net/http"
	"strconv"
	"sync"

	"github.com/lxzan/gws"

	"github.com/hawser-go/hawser/bench/internal/control"
	"github.com/hawser-go/hawser/bench/internal/payload"
)

type rooms struct {
	gws.BuiltinEventHandler
	mu      sync.Mutex
	members map[int][]*gws.Conn
}

// OnMessage answers with what came.
func (r *rooms) OnMessage(c *gws.Conn, m *gws.Message) {
	defer m.Close()
	_ = c.WriteMessage(m.Opcode, m.Bytes())
}

func (r *rooms) publish(room int, seq uint32) {
	b := gws.NewBroadcaster(gws.OpcodeText, payload.JSON(seq))
	defer b.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.members[room] {
		_ = b.Broadcast(c)
	}
}

func main() {
	r := &rooms{members: map[int][]*gws.Conn{}}
	upgrader := gws.NewUpgrader(r, &gws.ServerOption{})
	control.Run(control.App{
		Serve: control.HTTP(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
			room, err := strconv.Atoi(request.URL.Query().Get("room"))
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			c, err := upgrader.Upgrade(w, request)
			if err != nil {
				log.Print(err)
				return
			}
			r.mu.Lock()
			r.members[room] = append(r.members[room], c)
			r.mu.Unlock()
			go c.ReadLoop()
		})),
		Publish: control.Each(r.publish),
	})
}

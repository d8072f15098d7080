// olahol/melody as it comes: a Melody a room.
package main

import (
	"log"
	"net/http"
	"strconv"
	"sync"

	"github.com/olahol/melody"

	"github.com/hawser-go/hawser/bench/internal/control"
	"github.com/hawser-go/hawser/bench/internal/payload"
)

type rooms struct {
	mu   sync.Mutex
	rest map[int]*melody.Melody
}

func (r *rooms) room(n int) *melody.Melody {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.rest[n]
	if m == nil {
		m = melody.New()
		m.HandleMessage(func(s *melody.Session, message []byte) { _ = s.Write(message) })
		r.rest[n] = m
	}
	return m
}

func main() {
	r := &rooms{rest: map[int]*melody.Melody{}}
	control.Run(control.App{
		Serve: control.HTTP(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
			n, err := strconv.Atoi(request.URL.Query().Get("room"))
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			_ = r.room(n).HandleRequest(w, request)
		})),
		Publish: control.Each(func(n int, seq uint32) {
			if err := r.room(n).Broadcast(payload.JSON(seq)); err != nil {
				log.Fatal(err)
			}
		}),
	})
}

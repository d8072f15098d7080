// A bare WebSocket that says one thing: the least that a connection and a first message take.
package main

import (
	"log"
	"net/http"

	"github.com/gorilla/websocket"

	"github.com/hawser-go/hawser/bench/networks/internal/ledger"
)

func main() {
	var upgrader websocket.Upgrader
	ledger.New().Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		socket, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return // it has answered
		}
		defer socket.Close()
		if socket.WriteMessage(websocket.TextMessage, []byte(`"greeting"`)) == nil {
			_, _, _ = socket.ReadMessage() // until it is closed
		}
	}), func(string, int) { log.Fatal("nothing goes down here") })
}

// centrifuge: as it comes, or with -tuned, with what its documentation offers to make it cheaper.
package main

import (
	"context"
	"flag"
	"log"
	"net/http"
	"runtime/debug"
	"strconv"

	"github.com/centrifugal/centrifuge"

	"github.com/hawser-go/hawser/bench/internal/control"
	"github.com/hawser-go/hawser/bench/internal/payload"
)

var tuned = flag.Bool("tuned", false,
	"pooled and small buffers, unlimited batches, commands off the read loop, GOGC=400")

func main() {
	flag.Parse()
	node, err := centrifuge.New(centrifuge.Config{})
	if err != nil {
		log.Fatal(err)
	}
	reply := centrifuge.ConnectReply{Credentials: &centrifuge.Credentials{}}
	websocket := centrifuge.WebsocketConfig{}
	if *tuned {
		debug.SetGCPercent(400)
		reply.MaxMessagesInFrame = -1
		websocket = centrifuge.WebsocketConfig{
			UseWriteBufferPool:         true,
			ReadBufferSize:             512,
			WriteBufferSize:            4 << 10,
			ProcessCommandsOffReadLoop: true,
		}
	}
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return reply, nil
	})
	node.OnConnect(func(client *centrifuge.Client) {
		client.OnSubscribe(func(_ centrifuge.SubscribeEvent, done centrifuge.SubscribeCallback) {
			done(centrifuge.SubscribeReply{}, nil)
		})
		client.OnRPC(func(e centrifuge.RPCEvent, done centrifuge.RPCCallback) {
			done(centrifuge.RPCReply{Data: e.Data}, nil)
		})
	})
	if err := node.Run(); err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/websocket", centrifuge.NewWebsocketHandler(node, websocket))
	mux.Handle("/http_stream", centrifuge.NewHTTPStreamHandler(node, centrifuge.HTTPStreamConfig{}))
	control.Run(control.App{
		Serve: control.HTTP(mux),
		Publish: control.Each(func(room int, seq uint32) {
			if _, err := node.Publish("room:"+strconv.Itoa(room), payload.JSON(seq)); err != nil {
				log.Fatal(err)
			}
		}),
	})
}

// Hawser as it comes: no option is set but how much it logs.
package main

import (
	"context"
	"io"
	"log"
	"log/slog"
	"strconv"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/bench/internal/control"
	"github.com/hawser-go/hawser/bench/internal/payload"
)

func main() {
	rt := hawser.New(hawser.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	rt.Channel("room:{number}").OnJoin(func(*hawser.Context) error { return nil })
	rt.OnCall("echo", func(c *hawser.Context) error {
		c.Reply(c.Payload())
		return nil
	})
	control.Run(control.App{
		Serve: control.HTTP(rt),
		Publish: control.Each(func(room int, seq uint32) {
			if _, err := rt.Publish(context.Background(), "room:"+strconv.Itoa(room), "m", payload.New(seq)); err != nil {
				log.Fatal(err)
			}
		}),
	})
}

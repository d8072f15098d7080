package websocket_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport/transporttest"
	"github.com/hawser-go/hawser/transport/websocket"
)

// BenchmarkDown is one frame's way to a client: the wake, the write, and gorilla's client that reads it.
func BenchmarkDown(b *testing.B) {
	for _, size := range []int{128, 16 << 10} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			host := transporttest.NewHost()
			s := transporttest.NewServer(host, nil, websocket.New(websocket.Options{}))
			defer s.Close()
			p, err := dial(s, codec.MessagePack())
			require.NoError(b, err)
			require.NoError(b, p.Send(transporttest.Hello(codec.MessagePack())))
			_, err = p.Next()
			require.NoError(b, err)
			frame := transporttest.Event(codec.MessagePack(), make([]byte, size))
			b.ReportAllocs()
			b.SetBytes(int64(len(frame)))
			for b.Loop() {
				host.Down(frame)
				if _, _, err := p.NextReader(); err != nil {
					b.Fatal(err)
				}
			}
			p.Leave()
			<-host.Detached
		})
	}
}

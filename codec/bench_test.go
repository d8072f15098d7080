package codec_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/codec"
)

func event(c codec.Codec, size int) codec.Packet {
	data := must(c.Marshal(map[string]any{"text": strings.Repeat("x", size)}))
	return codec.Packet{Kind: codec.KindEvent, Channel: "chat:lobby", Event: "said", Data: codec.Payload{Raw: data}}
}

// On the way of every message: an encoder allocates nothing but dst, a decoder the strings.
func TestAllocations(t *testing.T) {
	for _, c := range []codec.Codec{codec.JSON(), codec.MessagePack()} {
		p := event(c, 1000)
		buffer := make([]byte, 0, 4096)
		assert.Zero(t, testing.AllocsPerRun(100, func() { must(c.AppendPacket(buffer, &p)) }), "AppendPacket of %s", c.Name())

		frame := must(c.AppendPacket(nil, &p))
		var got codec.Packet
		assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { must(c.NextPacket(frame, &got)) }), 2.0, "NextPacket of %s", c.Name())
	}
}

func BenchmarkAppendPacket(b *testing.B) { eachSize(b, benchmarkAppendPacket) }
func BenchmarkNextPacket(b *testing.B)   { eachSize(b, benchmarkNextPacket) }

func benchmarkAppendPacket(b *testing.B, c codec.Codec, p codec.Packet) {
	b.Helper()
	var buffer []byte
	for b.Loop() {
		buffer = must(c.AppendPacket(buffer[:0], &p))
	}
	b.SetBytes(int64(len(buffer)))
}

func benchmarkNextPacket(b *testing.B, c codec.Codec, p codec.Packet) {
	b.Helper()
	frame := must(c.AppendPacket(nil, &p))
	b.SetBytes(int64(len(frame)))
	var got codec.Packet
	for b.Loop() {
		must(c.NextPacket(frame, &got))
	}
}

func eachSize(b *testing.B, run func(*testing.B, codec.Codec, codec.Packet)) {
	b.Helper()
	for _, c := range []codec.Codec{codec.JSON(), codec.MessagePack()} {
		for _, size := range []int{10, 1000, 100000} {
			b.Run(fmt.Sprintf("%s/%d", c.Name(), size), func(b *testing.B) {
				b.ReportAllocs()
				run(b, c, event(c, size))
			})
		}
	}
}

func BenchmarkMarshal(b *testing.B) {
	welcome := codec.Welcome{V: 1, SID: "s1", Recv: 12, Active: true, Heartbeat: 25000, ResumeFor: 120000}
	for _, c := range []codec.Codec{codec.JSON(), codec.MessagePack()} {
		b.Run(c.Name(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				must(c.Marshal(welcome))
			}
		})
	}
}

// Names that are the same as those of the packet before are not made again.
func TestNamesThatComeAgainAreNotAllocated(t *testing.T) {
	for _, c := range []codec.Codec{codec.JSON(), codec.MessagePack()} {
		frame := func(channel, event string) []byte {
			encoded, err := c.AppendPacket(nil, &codec.Packet{Kind: codec.KindEvent, Channel: channel, Event: event})
			require.NoError(t, err)
			return encoded
		}
		var p codec.Packet
		one, other := frame("chat:lobby", "said"), frame("chat:lobbz", "sang")
		_, err := c.NextPacket(one, &p)
		require.NoError(t, err)
		allocs := testing.AllocsPerRun(100, func() { _, _ = c.NextPacket(one, &p) })
		assert.Zero(t, allocs, c.Name())
		_, err = c.NextPacket(other, &p)
		require.NoError(t, err)
		assert.Equal(t, codec.Packet{Kind: codec.KindEvent, Channel: "chat:lobbz", Event: "sang"}, p)
	}
}

package line

// volatiles counts the volatile events of a client that wait for a handler. They have a small room of their own, so that they take none from what is
// numbered; beyond it they are dropped.
type volatiles amount

const (
	maxVolatilePackets = 128
	maxVolatileBytes   = 128 << 10
)

// accept takes room for one, if there is some. An empty room takes any one.
func (v *volatiles) accept(size int) bool {
	if v.packets > 0 && (v.packets >= maxVolatilePackets || v.bytes+size > maxVolatileBytes) {
		return false
	}
	v.packets++
	v.bytes += size
	return true
}

func (v *volatiles) handled(s amount) {
	v.packets -= s.packets
	v.bytes -= s.bytes
}

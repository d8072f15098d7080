package hawser_test

import (
	"time"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
)

// mishap lets something happen to the member, or nothing.
func (m *chaosMember) mishap() {
	if m.wire == nil {
		if m.random.IntN(3) == 0 {
			m.connect()
		}
		return
	}
	seat := m.seats[chaosRoom(m.random.IntN(chaosChannels))]
	switch m.random.IntN(200) {
	case 0, 1:
		m.chaos.happen("cut")
		m.drop(transport.ErrPeerGone)
	case 2, 3:
		m.chaos.happen("half-open")
		m.drop(nil)
	case 4, 5:
		m.chaos.happen("reloaded")
		m.drop(transport.ErrPeerGone)
		m.begin()
	case 6:
		if m.random.IntN(4) == 0 {
			m.chaos.happen("away for too long")
			m.drop(transport.ErrPeerGone)
			time.Sleep(21 * time.Second)
		}
	case 7, 8:
		m.chaos.happen("slow")
		time.Sleep(time.Duration(m.random.IntN(5000)) * time.Millisecond)
	case 9:
		m.chaos.happen("hung") // until the server takes it for dead
		time.Sleep(time.Duration(m.random.IntN(15)) * time.Second)
	case 10, 11, 12:
		if seat.in {
			m.chaos.happen("left")
			seat.in = false
			m.ids++
			m.say(&codec.Packet{Kind: codec.KindLeave, ID: m.ids, Channel: seat.channel})
		}
	case 13, 14, 15:
		if seat.in {
			m.chaos.happen("joined again")
			m.join(seat)
		}
	case 16, 17, 18, 19:
		m.takeSeats()
	}
}

package load

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hawser-go/hawser/bench/internal/control"
	"github.com/hawser-go/hawser/bench/internal/payload"
)

// A fake is a server that speaks the raw dialect, and may do wrong.
type fake struct {
	address, control string

	mu      sync.Mutex
	members []net.Conn
	wrong   func(member int, seq uint32, frame []byte) []byte // what is written instead
}

func newFake(t *testing.T, wrong func(member int, seq uint32, frame []byte) []byte) *fake {
	t.Helper()
	f := &fake{wrong: wrong}
	f.address = listen(t, func(c net.Conn) {
		in := bufio.NewReader(c)
		room, err := in.ReadString('\n')
		if err != nil {
			return
		}
		f.mu.Lock()
		if room == "0\n" {
			f.members = append(f.members, c)
		}
		f.mu.Unlock()
		_, _ = c.Write([]byte{0x81, 0})
		_, _ = in.WriteTo(c)
	})
	f.control = listen(t, func(c net.Conn) {
		for lines := bufio.NewScanner(c); lines.Scan(); {
			var room, count int
			var first uint32
			if !strings.HasPrefix(lines.Text(), "publish") {
				_ = json.NewEncoder(c).Encode(control.Usage{})
			} else if _, err := fmt.Sscanf(lines.Text(), "publish %d %d %d", &room, &first, &count); err == nil {
				f.publish(first, count)
			}
		}
	})
	return f
}

func (f *fake) publish(first uint32, count int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for seq := first; seq < first+uint32(count); seq++ {
		frame := payload.AppendJSON([]byte{0x81, 126, 0, payload.Size}, seq)
		for i, c := range f.members {
			out := frame
			if f.wrong != nil {
				out = f.wrong(i, seq, frame)
			}
			_, _ = c.Write(out)
		}
	}
}

func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(c)
			}()
		}
	}()
	return l.Addr().String()
}

func (f *fake) trial(phases ...Phase) Result {
	return Run(Spec{
		Address: f.address, Control: f.control, Dialect: "raw", Connections: 10, Rooms: 1, Threads: 2, Phases: phases,
	})
}

var brief = Phase{Kind: FanOut, InFlight: 4, For: 20 * time.Millisecond}

func TestATrial(t *testing.T) {
	paced := Phase{Kind: Paced, Rate: 10_000, For: 20 * time.Millisecond}
	result := newFake(t, nil).trial(brief, paced)
	if result.Error != "" || len(result.Phases) != 2 {
		t.Fatalf("%+v", result)
	}
	if n := result.Phases[0].Count; n == 0 {
		t.Error("no deliveries")
	}
	if n := result.Phases[1].Count; n != 200 {
		t.Errorf("%d deliveries at 10,000 a second in 20 ms", n)
	}
	if result.Phases[1].Latency == nil || result.Phases[1].Latency.P50 <= 0 {
		t.Error("no latency")
	}
}

func TestCalls(t *testing.T) {
	result := newFake(t, nil).trial(Phase{Kind: Calls, InFlight: 3, For: 20 * time.Millisecond})
	if result.Error != "" || result.Phases[0].Count == 0 {
		t.Fatalf("%+v", result)
	}
}

// TestFaultsAreSeen: a trial with a message that is lost, doubled, out of order or damaged has failed.
func TestFaultsAreSeen(t *testing.T) {
	at := func(does func(frame []byte) []byte) func(int, uint32, []byte) []byte {
		return func(member int, seq uint32, frame []byte) []byte {
			if member == 7 && seq == payload.First+20 {
				return does(frame)
			}
			return frame
		}
	}
	var kept []byte
	for name, wrong := range map[string]func(int, uint32, []byte) []byte{
		"lost":    at(func([]byte) []byte { return nil }),
		"doubled": at(func(frame []byte) []byte { return append(append([]byte{}, frame...), frame...) }),
		"damaged": at(func(frame []byte) []byte { return append(append([]byte{}, frame[:len(frame)-3]...), `y"}`...) }),
		"swapped": func(member int, seq uint32, frame []byte) []byte {
			switch {
			case member == 7 && seq == payload.First+20:
				kept = append([]byte{}, frame...)
				return nil
			case member == 7 && seq == payload.First+21:
				return append(append([]byte{}, frame...), kept...)
			}
			return frame
		},
	} {
		t.Run(name, func(t *testing.T) {
			forever := brief
			forever.For = time.Minute // it does not take that long to see
			if result := newFake(t, wrong).trial(forever); result.Error == "" {
				t.Errorf("nobody noticed: %+v", result)
			}
		})
	}
}

func TestALostConnectionIsSeen(t *testing.T) {
	f := newFake(t, nil)
	f.wrong = func(member int, seq uint32, frame []byte) []byte {
		if member == 3 && seq == payload.First+20 {
			_ = f.members[member].Close()
		}
		return frame
	}
	if result := f.trial(Phase{Kind: FanOut, InFlight: 4, For: time.Minute}); result.Error == "" {
		t.Errorf("nobody noticed: %+v", result)
	}
}

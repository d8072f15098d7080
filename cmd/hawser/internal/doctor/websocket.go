package doctor

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/hawser-go/hawser/codec"
)

const subprotocol = "hawser.v1.json"

func (e *examination) webSocket(ctx context.Context) {
	e.examine(ctx, subject{webSocketName, e.openWebSocket, e.muteWebSocket})
}

// openWebSocket opens a WebSocket, and says hello and a call on it.
func (e *examination) openWebSocket(ctx context.Context, s *session) (*line, error) {
	conn, err := e.dialWebSocket(ctx)
	if err != nil {
		return nil, err
	}
	l := &line{frames: make(chan []*codec.Packet, 16), opened: time.Now()}
	over, cancel := context.WithCancel(ctx)
	var reading sync.WaitGroup
	l.say = func(_ context.Context, packets ...*codec.Packet) error {
		_ = conn.SetWriteDeadline(time.Now().Add(e.options.Patience))
		return conn.WriteMessage(websocket.TextMessage, join(packets))
	}
	l.stop = func() {
		cancel()
		_ = conn.Close()
		reading.Wait()
	}
	reading.Go(func() {
		defer close(l.frames)
		l.err = readWebSocket(over, conn, l)
	})
	if err := l.say(ctx, append([]*codec.Packet{s.hello(1, 1)}, s.calls(1)...)...); err != nil {
		l.stop()
		return nil, err
	}
	return l, nil
}

func readWebSocket(ctx context.Context, conn *websocket.Conn, l *line) error {
	for {
		_, message, err := conn.ReadMessage()
		if err != nil {
			return err
		}
		l.bytes.Add(int64(len(message)))
		packets, err := split(message)
		if err != nil {
			return err
		}
		select {
		case l.frames <- packets:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// dialWebSocket opens a WebSocket. The error is a *symptom.
func (e *examination) dialWebSocket(ctx context.Context) (*websocket.Conn, error) {
	dialer := websocket.Dialer{
		NetDialContext: e.options.Dial, Proxy: e.options.Proxy, HandshakeTimeout: e.options.Patience,
		Subprotocols: []string{subprotocol},
	}
	header := http.Header{"User-Agent": {"hawser-doctor"}}
	if e.options.Origin != "" {
		header.Set("Origin", e.options.Origin)
	}
	conn, response, err := dialer.DialContext(ctx, "ws"+strings.TrimPrefix(e.mount, "http")+"websocket", header)
	if response != nil {
		e.chart.proxies(response.Header)
	}
	if err != nil {
		return nil, e.notUpgraded(response, err)
	}
	if conn.Subprotocol() != subprotocol {
		_ = conn.Close()
		other := strconv.Quote(conn.Subprotocol())
		return nil, &symptom{notHawser, "the WebSocket speaks " + other + " and not " + subprotocol}
	}
	conn.SetReadLimit(maxAnswer)
	return conn, nil
}

// notUpgraded says why there is no WebSocket.
func (e *examination) notUpgraded(response *http.Response, err error) *symptom {
	if response != nil {
		defer response.Body.Close()
		text, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10))
		s := impostor(response, text, "")
		elsewhere := response.StatusCode == http.StatusNotFound && !e.chart.requestsPass()
		if s.name == notHawser && !elsewhere || s.name == captivePortal && e.chart.requestsPass() {
			s = &symptom{upgradeRefused, "the upgrade was answered by " + response.Status}
		}
		return s
	}
	s := diagnose(err)
	if s.name == silence && e.chart.requestsPass() {
		return &symptom{upgradeSwallowed, "requests are answered, and the upgrade is not"}
	}
	return s
}

// muteWebSocket explains a WebSocket that opened and on which nothing came: the session's key leads to what has arrived.
func (e *examination) muteWebSocket(ctx context.Context, s *session, _ *line) {
	packets, err := e.post(ctx, "poll", s.hello(2, 2))
	w, ok := welcomeOf(packets)
	switch {
	case err != nil || !ok:
		e.chart.found(framesDropped, webSocketName, "it opens, and nothing comes")
		return
	case w.Recv >= s.sent:
		e.chart.found(framesDropped, webSocketName, "it opens, what goes up arrives, and nothing comes down (down)")
	default:
		e.chart.found(framesDropped, webSocketName, "it opens, and what goes up does not arrive (up, and perhaps down)")
	}
	s.finish(ctx, 2)
}

// welcomeByWebSocket opens a wire for a session that is known by its key.
func (e *examination) welcomeByWebSocket(ctx context.Context, s *session) (codec.Welcome, bool) {
	l, err := e.openWebSocket(ctx, s)
	if err != nil {
		return codec.Welcome{}, false
	}
	defer l.stop()
	packets, err := l.next(ctx, e.options.Patience)
	if err != nil {
		return codec.Welcome{}, false
	}
	defer func() { _ = l.say(ctx, s.end()...) }()
	return welcomeOf(packets)
}

package wiretest

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/gorilla/websocket"
)

// A socket is a WebSocket.
type socket struct {
	ws      *websocket.Conn
	kind    int
	writing sync.Mutex
	read    chan struct{} // closed when its reader has ended
}

func openSocket(ctx context.Context, c *Client, welcomed func(error)) (wire, error) {
	dialer := websocket.Dialer{Subprotocols: []string{"hawser.v1." + c.Codec.Name()}}
	if t, ok := c.HTTP.Transport.(*http.Transport); ok {
		dialer.NetDialContext = t.DialContext
	}
	//nolint:bodyclose // Dial has read what there is of it
	ws, response, err := dialer.DialContext(ctx, "ws"+strings.TrimPrefix(c.URL, "http")+"websocket", c.Header)
	if err != nil {
		if response != nil {
			return nil, fmt.Errorf("%w: %s", err, response.Status)
		}
		return nil, err
	}
	s := &socket{ws: ws, kind: websocket.TextMessage, read: make(chan struct{})}
	if c.Codec.Binary() {
		s.kind = websocket.BinaryMessage
	}
	if err := s.send(c.first(c.Hello())); err != nil {
		return nil, err
	}
	go s.reads(&reader{client: c, welcomed: welcomed})
	return s, nil
}

func (s *socket) reads(r *reader) {
	defer close(s.read)
	for {
		_, frame, err := s.ws.ReadMessage()
		if err != nil {
			r.welcomed(err)
			return
		}
		say, err := r.frame(frame)
		if len(say) > 0 {
			_ = s.send(r.client.Frame(say...))
		}
		if err != nil {
			r.welcomed(err)
		}
	}
}

func (s *socket) send(frame []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.ws.WriteMessage(s.kind, frame)
}

func (s *socket) close() {
	_ = s.ws.NetConn().Close()
	<-s.read
}

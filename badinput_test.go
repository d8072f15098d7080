package hawser_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/wiretest"
)

// A badFrame breaks the protocol in one codec.
type badFrame struct {
	name  string
	codec codec.Codec
	frame []byte
	code  string
}

func badFrames() []badFrame {
	j, m := codec.JSON(), codec.MessagePack()
	text := func(s string) []byte { return []byte(s) }
	return []badFrame{
		{"malformed JSON", j, text(`[32,"","e"`), "protocol"},
		{"not JSON", j, text("hello"), "protocol"},
		{"an object", j, text(`{"kind":32}`), "protocol"},
		{"a payload cut off", j, text(`[32,"","e",{"a":]`), "protocol"},
		{"invalid UTF-8", j, text("[32,\"\",\"\xff\"]"), "protocol"},
		{"deep nesting", j, text(`[32,"","e",` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + "]"), "protocol"},
		{"a number that is none", j, text(`[3,1.5]`), "protocol"},
		{"a number over 2^53", j, text(`[3,9007199254740992]`), "protocol"},
		{"a negative number", j, text(`[3,-1]`), "protocol"},
		{"an unknown kind", j, text(`[99]`), "protocol"},
		{"an unknown control kind", j, text(`[31]`), "protocol"},
		{"a reserved kind", j, text(`[41]`), "protocol"},
		{"a missing field", j, text(`[33,1]`), "protocol"},
		{"an empty frame", j, text(""), "protocol"},
		{"a packet over the limit", j, text(`[32,"","e","` + strings.Repeat("x", 66_000) + `"]`), "payload_too_large"},
		{"a frame over the limit", j, text(strings.Repeat(" ", 1<<17)), "payload_too_large"},
		{"malformed MessagePack", m, []byte{0x94, 0x20, 0xa0}, "protocol"},
		{"a byte that is never used", m, []byte{0xc1}, "protocol"},
		{"an array of 2^32 elements", m, []byte{0xdd, 0xff, 0xff, 0xff, 0xff, 0x20}, "protocol"},
		{"a string of 2^32 bytes", m, []byte{0x93, 0x20, 0xa0, 0xdb, 0xff, 0xff, 0xff, 0xff}, "protocol"},
		{"bytes of 2^32", m, []byte{0x94, 0x20, 0xa0, 0xa1, 'e', 0xc6, 0xff, 0xff, 0xff, 0xff}, "protocol"},
		{"a map of 2^32 in the payload", m, []byte{0x94, 0x20, 0xa0, 0xa1, 'e', 0xdf, 0xff, 0xff, 0xff, 0xff}, "protocol"},
		{"deep nesting in MessagePack", m, append([]byte{0x94, 0x20, 0xa0, 0xa1, 'e'}, bytes.Repeat([]byte{0x91}, 10_000)...), "protocol"},
		{"invalid UTF-8 in MessagePack", m, []byte{0x93, 0x20, 0xa0, 0xa1, 0xff}, "protocol"},
		{"an unknown kind in MessagePack", m, []byte{0x91, 0x63}, "protocol"},
		{"a leap", j, text("[3,9]\n" + `[32,"","e"]`), "leap"},
		{"a start at 0", j, text("[3,0]"), "leap"},
		{"an acknowledgement of what was not sent", j, text("[5,9]"), "protocol"},
		{"what only goes down", j, text(`[2]`), "protocol"},
		{"a message from below", j, text("[3,2]\n" + `[39,"c",1,"e"]`), "protocol"},
		{"hello twice", j, text(`[0,{"v":1,"key":"AAECAwQFBgcICQoLDA0ODw","wire":1,"claim":1,"recv":0}]`), "protocol"},
	}
}

// echoing is a site that can be asked whether it is alive.
func echoing(t *testing.T) *site {
	t.Helper()
	s := newSite(t, hawser.Options{MaxPayload: 1 << 16})
	hawser.HandleCall(s, "echo", func(_ *hawser.Context, in string) (string, error) { return in, nil })
	s.OnEvent("", func(*hawser.Context) error { return nil })
	return s
}

func TestBadFramesCloseTheWireAndTheSessionGoesOn(t *testing.T) {
	for _, transport := range []string{"websocket", "sse"} { // and "send"
		for _, bad := range badFrames() {
			if bad.frame == nil || transport == "sse" && len(bad.frame) == 0 {
				continue
			}
			t.Run(transport+" "+bad.name, func(t *testing.T) {
				s := echoing(t)
				c := s.connect(with(transport, bad.codec))
				session := s.session(c)
				p, err := c.Call(t.Context(), "", "echo", "before")
				assert.Equal(t, "before", decode[string](t, c, p, err))

				_ = c.RawFrame(bad.frame)
				code, err := c.Closed(t.Context())
				require.NoError(t, err)
				assert.Equal(t, bad.code, code)

				require.NoError(t, session.Send("while it was away", nil))
				c.Cut()
				require.NoError(t, c.Connect(t.Context()))
				p, err = c.Next(t.Context())
				require.NoError(t, err)
				assert.Equal(t, "while it was away", p.Event)
				assert.Equal(t, session.ID(), c.SID)
				assert.Len(t, s.Sessions(), 1)
			})
		}
	}
}

func TestBadHellosOverHTTP(t *testing.T) {
	s := echoing(t)
	victim := s.connect()
	hello := func(change func(*codec.Hello)) []byte {
		c := s.client()
		return c.Frame(c.Hello(func(b *codec.Hello) {
			b.Key, b.Wire, b.Claim = "AAECAwQFBgcICQoLDA0ODw", 1, 1
			change(b)
		}))
	}
	for name, c := range map[string]struct {
		body   []byte
		code   string
		status int
	}{
		"no hello":           {[]byte(`[6]`), "protocol", 400},
		"an empty body":      {nil, "protocol", 400},
		"malformed":          {[]byte(`[0,{"v":1`), "protocol", 400},
		"hello of no map":    {[]byte(`[0,[]]`), "protocol", 400},
		"another version":    {hello(func(b *codec.Hello) { b.V = 2 }), "version", 400},
		"a short key":        {hello(func(b *codec.Hello) { b.Key = "short" }), "protocol", 400},
		"an unknown session": {hello(func(b *codec.Hello) { b.SID = "nobody" }), "gone", 200},
		"a wrong key":        {hello(func(b *codec.Hello) { b.SID = victim.SID }), "gone", 200},
		"too many bytes":     {bytes.Repeat([]byte(" "), 1<<17), "payload_too_large", 413},
	} {
		for _, path := range []string{"sse", "poll", "send"} {
			t.Run(path+" "+name, func(t *testing.T) {
				client := s.client()
				response, err := client.Post(t.Context(), path, c.body)
				require.NoError(t, err)
				body := firstBytes(t, response)
				assert.Equal(t, c.status, response.StatusCode, "%s", body)
				want := `[8,"` + c.code
				if c.code == "gone" {
					want = `[2`
				}
				assert.Contains(t, body, want)
			})
		}
	}
	p, err := victim.Call(t.Context(), "", "echo", "unharmed")
	assert.Equal(t, "unharmed", decode[string](t, victim, p, err))
	assert.Len(t, s.Sessions(), 1)
}

// firstBytes reads a response to its end; a stream ends with its close.
func firstBytes(t *testing.T, r *http.Response) string {
	t.Helper()
	defer func() { _ = r.Body.Close() }()
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return string(body)
}

func TestBadRequests(t *testing.T) {
	s := echoing(t)
	for name, c := range map[string]struct {
		method string
		path   string
		header http.Header
		status int
	}{
		"GET of sse":                   {"GET", "sse?v=1&codec=json", nil, 405},
		"GET of poll":                  {"GET", "poll?v=1&codec=json", nil, 405},
		"PUT of send":                  {"PUT", "send?v=1&codec=json", nil, 405},
		"POST of websocket":            {"POST", "websocket", nil, 405},
		"websocket without an upgrade": {"GET", "websocket", nil, 426},
		"no such path":                 {"GET", "nothing", nil, 404},
		"no such codec":                {"POST", "poll?v=1&codec=xml", nil, 400},
		"no version":                   {"POST", "poll?codec=json", nil, 400},
		"Content-Encoding":             {"POST", "poll?v=1&codec=json", http.Header{"Content-Encoding": {"gzip"}}, 415},
		"a form":                       {"POST", "send?v=1&codec=json", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, 415},
		"text for a binary codec":      {"POST", "sse?v=1&codec=msgpack", http.Header{"Content-Type": {"text/plain"}}, 415},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), c.method, s.http.URL+"/realtime/"+c.path, strings.NewReader("[6]"))
			require.NoError(t, err)
			r.Header.Set("Content-Type", "text/plain")
			for name, values := range c.header {
				r.Header[name] = values
			}
			response, err := s.http.Client().Do(r)
			require.NoError(t, err)
			body := firstBytes(t, response)
			assert.Equal(t, c.status, response.StatusCode, body)
			if c.status == 415 {
				if strings.Contains(c.path, "json") {
					assert.Contains(t, body, `[8,"protocol"`)
				}
			}
		})
	}
	assert.Empty(t, s.Sessions())
}

func TestWebSocketsThatAreNotOurs(t *testing.T) {
	s := echoing(t)
	dial := func(protocol string) (*websocket.Conn, *http.Response, error) {
		d := websocket.Dialer{Subprotocols: []string{protocol}, HandshakeTimeout: 5 * time.Second}
		return d.DialContext(t.Context(), "ws"+strings.TrimPrefix(s.http.URL, "http")+"/realtime/websocket", nil)
	}
	_, response, err := dial("hawser.v2.json")
	require.Error(t, err)
	assert.Equal(t, http.StatusBadRequest, response.StatusCode)

	for name, c := range map[string]struct {
		kind   int
		frame  string
		status int
	}{
		"binary for a text codec": {websocket.BinaryMessage, "[6]", 1002},
		"hello is missing":        {websocket.TextMessage, "[6]", 1002},
		"another version":         {websocket.TextMessage, `[0,{"v":2}]`, 1008},
		"a frame over the limit":  {websocket.TextMessage, strings.Repeat(" ", 1<<17), 1009},
	} {
		t.Run(name, func(t *testing.T) {
			ws, _, err := dial("hawser.v1.json")
			require.NoError(t, err)
			defer ws.Close()
			require.NoError(t, ws.WriteMessage(c.kind, []byte(c.frame)))
			_, frame, err := ws.ReadMessage()
			require.NoError(t, err)
			assert.Contains(t, string(frame), `[8,"`, "a close packet comes first")
			_, _, err = ws.ReadMessage()
			var closed *websocket.CloseError
			require.ErrorAs(t, err, &closed)
			assert.Equal(t, c.status, closed.Code)
		})
	}
}

func TestAnotherUsersKey(t *testing.T) {
	g := &gate{}
	s := newSite(t, hawser.Options{Authenticate: g.authenticate})
	ann, mallory := s.connect(token("ann")), s.connect(token("mallory"))
	thief := s.client(token("mallory")) // ann's session, with mallory's key
	thief.SID, thief.Key = ann.SID, mallory.Key
	require.ErrorIs(t, thief.Connect(t.Context()), wiretest.ErrGone)
	thief = s.client(token("mallory")) // with ann's key, which leaked
	thief.SID, thief.Key = ann.SID, ann.Key
	var closed wiretest.CloseError
	require.ErrorAs(t, thief.Connect(t.Context()), &closed)
	assert.Equal(t, "forbidden", closed.Code)
	require.NoError(t, s.session(ann).Send("e", nil))
	_, err := ann.Next(t.Context())
	require.NoError(t, err)
}

func TestDelayedAndReplayedHellosOverHTTP(t *testing.T) {
	s := echoing(t)
	c := s.connect()
	first := c.Frame(c.Hello(func(b *codec.Hello) { b.SID, b.Wire = "", 9 }))
	delayed := c.Frame(c.Hello(func(b *codec.Hello) { b.Wire = 9 }))
	c.Cut()
	require.NoError(t, c.Connect(t.Context()))
	replayed := c.Frame(c.Hello(func(b *codec.Hello) { b.Wire = 9 }))
	for name, hello := range map[string][]byte{"the first one": first, "delayed": delayed, "replayed": replayed} {
		response, err := c.Post(t.Context(), "poll", hello)
		require.NoError(t, err)
		assert.Contains(t, firstBytes(t, response), `"active":false`, name)
		p, err := c.Call(t.Context(), "", "echo", "on the wire that works")
		assert.Equal(t, "on the wire that works", decode[string](t, c, p, err))
	}
	assert.Len(t, s.Sessions(), 1)
}

func TestEndedAndExpiredSessionsAreGoneOverHTTP(t *testing.T) {
	s := newSite(t, hawser.Options{ResumeFor: 50 * time.Millisecond})
	ended, expired := s.connect(), s.connect()
	require.NoError(t, ended.Send(&codec.Packet{Kind: codec.KindEnd, Code: "bye"}))
	expired.Cut()
	require.Eventually(t, func() bool { return len(s.Sessions()) == 0 }, 10*time.Second, time.Millisecond)
	for _, c := range []*wiretest.Client{ended, expired} {
		for _, path := range []string{"sse", "poll", "send"} {
			response, err := c.Post(t.Context(), path, c.Frame(c.Hello()))
			require.NoError(t, err)
			assert.Equal(t, `[2,"no such session"]`, strings.Trim(firstBytes(t, response), "\ndat: "), path)
		}
	}
}

func TestServerRefusesWhatIsTooLargeForTheClient(t *testing.T) {
	s := echoing(t)
	c := s.connect()
	session := s.session(c)
	big := strings.Repeat("x", 1<<16)
	require.ErrorIs(t, session.Send("e", big), &hawser.Error{Code: hawser.CodePayloadTooLarge})
	_, err := session.SendVolatile("e", big)
	require.ErrorIs(t, err, &hawser.Error{Code: hawser.CodePayloadTooLarge})
	require.ErrorIs(t, session.Call(t.Context(), "e", big, nil), &hawser.Error{Code: hawser.CodePayloadTooLarge})
	for _, name := range []string{"", "a\nb", strings.Repeat("x", 256), "\xff"} {
		require.ErrorIs(t, session.Send(name, nil), &hawser.Error{Code: hawser.CodeBadRequest})
	}
	require.Error(t, session.Send("e", make(chan int)))
	require.NoError(t, session.Send("fine", nil))
	p, err := c.Next(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "fine", p.Event)
}

// What goes up with the first hello is sent before the limit is known: it is taken, whatever the limit.
func TestFirstFlightIsTakenWhateverTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const flight = 16 << 10
		d := newDeck(t, func(o *hawser.Options) { o.MaxPayload = 1000 })
		var got string
		d.OnEvent("big", func(c *hawser.Context) error { return c.Bind(&got) })
		d.ServeHTTP(nil, browserRequest(1))
		w := d.memory.opened
		around := `[32,"","big",""]`
		big := strings.Repeat("x", flight-len(around))
		d.say(t, w, `[0,{"v":1,"key":"AAECAwQFBgcICQoLDA0ODw","wire":1,"claim":1,"recv":0}]`, `[3,1]`, strings.Replace(around, `""]`, `"`+big+`"]`, 1))
		synctest.Wait()
		assert.Equal(t, big, got)
		var welcome codec.Welcome
		packets, _ := d.take(t, w)
		require.NotEmpty(t, packets)
		require.NoError(t, codec.Decode(codec.JSON(), packets[0].Data, &welcome))
		assert.EqualValues(t, flight, welcome.Limits.Frame)
	})
}

func TestKeyThatTheServerMakes(t *testing.T) {
	s := echoing(t)
	c := s.client()
	response, err := c.Post(t.Context(), "poll", c.Frame(c.Hello(func(b *codec.Hello) { b.Key, b.Wire, b.Claim = "", 1, 1 })))
	require.NoError(t, err)
	var p codec.Packet
	_, err = c.Codec.NextPacket([]byte(firstBytes(t, response)), &p)
	require.NoError(t, err)
	var welcome codec.Welcome
	require.NoError(t, codec.Decode(c.Codec, p.Data, &welcome))
	require.Len(t, welcome.Key, 22)
	c.Key, c.SID = welcome.Key, welcome.SID
	require.NoError(t, c.Connect(t.Context()))
	assert.Equal(t, welcome.SID, c.SID)
	c.Cut()
	require.NoError(t, c.Connect(t.Context()), "with a higher claim: the poll may not have been over")
}

// What cannot be meant is said where it is written, and not by a server that ends sessions at once, or panics later.
func TestOptionsBelowZeroPanic(t *testing.T) {
	for name, o := range map[string]hawser.Options{
		"Heartbeat":   {Heartbeat: -time.Second},
		"ResumeFor":   {ResumeFor: -1},
		"MaxPayload":  {MaxPayload: -1},
		"SessionRate": {SessionRate: -1},
	} {
		assert.PanicsWithValue(t, "hawser: Options."+name+" is below zero", func() { hawser.New(o) })
	}
	ch := hawser.New(hawser.Options{DedupeWindow: -1}).Channel("a")
	assert.Panics(t, func() { ch.Presence(hawser.PresenceOptions{Grace: -time.Second}) })
	assert.Panics(t, func() { ch.Presence(hawser.PresenceOptions{MaxStates: -1}) })
}

// Package plan says which servers are measured, and at what.
package plan

import "path/filepath"

// A Server is one server, as one kind of client meets it.
type Server struct {
	Name    string // in results
	Label   string // in tables
	Program string // below servers/, or a script below node/
	Args    []string
	Dialect string
	Lump    int
	Module  string // whose version counts; "" for ours
	Role    Role
}

// A Role is what a server is measured for.
type Role string

// The roles.
const (
	Ours  Role = "ours"
	Floor Role = "floor" // what no server can be under
	Peer  Role = "peer"
)

// Command returns the command that starts the server.
func (s Server) Command(binaries, scripts string, tls bool) []string {
	if filepath.Ext(s.Program) == ".mjs" {
		return []string{"node", "--expose-gc", filepath.Join(scripts, s.Program)}
	}
	line := append([]string{filepath.Join(binaries, s.Program)}, s.Args...)
	if tls {
		line = append(line, "-tls")
	}
	return line
}

// Servers are all.
var Servers = []Server{
	{Name: "floor", Label: "raw TCP, one write a delivery", Program: "floor", Dialect: "raw", Role: Floor},
	{Name: "floor-16", Label: "raw TCP, 16 messages a write",
		Program: "floor", Args: []string{"-lump"}, Dialect: "raw", Lump: 16, Role: Floor},
	{Name: "bare", Label: "bare net/http, held response",
		Program: "floor", Args: []string{"-http"}, Dialect: "held", Role: Floor},

	{Name: "bare-websocket", Label: "a WebSocket and JSON.parse", Program: "gws", Dialect: "websocket", Role: Floor},

	{Name: "hawser", Label: "Hawser, JSON", Program: "hawser", Dialect: "hawser-json", Role: Ours},
	{Name: "hawser-msgpack", Label: "Hawser, MessagePack", Program: "hawser", Dialect: "hawser-msgpack", Role: Ours},
	{Name: "hawser-race", Label: "Hawser, as browsers connect",
		Program: "hawser", Dialect: "hawser-race", Role: Ours},
	{Name: "hawser-sse", Label: "Hawser, SSE", Program: "hawser", Dialect: "hawser-sse", Role: Ours},
	{Name: "hawser-sse-msgpack", Label: "Hawser, SSE, MessagePack", Program: "hawser", Dialect: "hawser-sse-msgpack", Role: Ours},
	{Name: "hawser-poll", Label: "Hawser, polling", Program: "hawser", Dialect: "hawser-poll", Role: Ours},

	{Name: "centrifuge", Label: "centrifuge",
		Program: "centrifuge", Dialect: "centrifuge", Module: "github.com/centrifugal/centrifuge", Role: Peer},
	{Name: "centrifuge-tuned", Label: "centrifuge, tuned",
		Program: "centrifuge", Args: []string{"-tuned"}, Dialect: "centrifuge", Role: Peer},
	{Name: "centrifuge-protobuf", Label: "centrifuge, tuned, Protobuf",
		Program: "centrifuge", Args: []string{"-tuned"}, Dialect: "centrifuge-protobuf",
		Module: "github.com/centrifugal/centrifuge", Role: Peer},
	{Name: "centrifuge-stream", Label: "centrifuge, http_stream",
		Program: "centrifuge", Dialect: "centrifuge-stream", Role: Peer},
	{Name: "gws", Label: "lxzan/gws", Program: "gws", Dialect: "websocket", Module: "github.com/lxzan/gws", Role: Peer},
	{Name: "gorilla", Label: "gorilla/websocket, chat hub",
		Program: "gorilla", Dialect: "websocket", Module: "github.com/gorilla/websocket", Role: Peer},
	{Name: "melody", Label: "olahol/melody",
		Program: "melody", Dialect: "websocket", Module: "github.com/olahol/melody", Role: Peer},
	{Name: "coder", Label: "coder/websocket, naive hub",
		Program: "coder", Dialect: "websocket", Module: "github.com/coder/websocket", Role: Peer},
	{Name: "ws", Label: "ws (Node)", Program: "ws.mjs", Dialect: "websocket", Module: "ws", Role: Peer},
	{Name: "socketio", Label: "socket.io (Node)",
		Program: "socketio.mjs", Dialect: "socketio", Module: "socket.io", Role: Peer},
	{Name: "socketio-poll", Label: "socket.io (Node), polling",
		Program: "socketio.mjs", Dialect: "socketio-poll", Module: "socket.io", Role: Peer},
}

// Find returns the server of that name. It panics if there is none: a mistake in the plan.
func Find(name string) Server {
	for _, s := range Servers {
		if s.Name == name {
			return s
		}
	}
	panic("there is no server " + name)
}

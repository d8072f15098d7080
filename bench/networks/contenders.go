package main

import "path/filepath"

// A contender is a client, as an application sets it up, with a server of its own.
type contender struct {
	name    string // of its script in ../node/networks/contenders
	label   string
	server  string // a program of servers, or a script in ../node/networks
	args    []string
	browser string // what it is called in browser.mjs; "": it does not run there
	about   string
}

const (
	hawserName = "hawser"
	floorName  = "ws"
)

// floor is no contender: what a connection and a first message take at least.
var floor = contender{name: floorName, label: "a bare `ws`", server: "ws"}

var contenders = []contender{
	{
		name: hawserName, label: "Hawser", server: "hawser", browser: "hawser",
		about: "as it comes",
	},
	{
		name: "socketio", label: "socket.io", server: "socketio.mjs", browser: "socketio",
		about: "as it comes: polling, then an upgrade",
	},
	{
		name: "socketio-websocket", label: "socket.io, WebSocket first", server: "socketio.mjs", args: []string{"--recovery"}, browser: "socketio-websocket",
		about: "WebSocket first, with `tryAllTransports`; on the server `connectionStateRecovery`",
	},
	{
		name: "centrifuge", label: "centrifuge-js", server: "centrifuge", browser: "centrifuge",
		about: "WebSocket, then http_stream, then SSE, with emulation; on the server a history of the channel, from which clients recover",
	},
}

// command returns what starts the contender's server.
func (c contender) command(binaries string) []string {
	if filepath.Ext(c.server) == ".mjs" {
		return append([]string{"node", filepath.Join(scripts, c.server)}, c.args...)
	}
	line := append([]string{filepath.Join(binaries, c.server)}, c.args...)
	if c.server == "centrifuge" {
		line = append(line, "-bundle", filepath.Join(packages, "centrifuge", "dist", "centrifuge.js"))
	}
	return line
}

// Where npm's side is, from the folder of the bench module.
const (
	scripts  = "node/networks"
	packages = "node/node_modules"
)

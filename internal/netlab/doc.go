// Package netlab is a network laboratory: a proxy on loopback in front of one server, whose faults are values that can be composed, and changed
// while it runs.
//
//	client ══▶ lane up ══▶ exchange ══▶ target       lane:     latency, bandwidth, silence, cuts: bytes
//	       ◀══ lane down ◀══ or relay ◀══            exchange: refusals, buffering, lost answers: HTTP requests
//	                                                 relay:    dropped and stalled frames: WebSockets
//
// It speaks HTTP/1.1 without TLS. Like many proxies it takes a request's body whole (4 MiB at most) before it passes it on, and opens a connection to the
// target for every exchange. What it did is counted, so that a test can assert that its faults took place.
//
// It is made for tests and reads no clock but package time's, so that it runs in a testing/synctest bubble over the connections of package memnet.
package netlab

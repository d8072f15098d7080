package hawser

import "strings"

// reserved is what the names of events begin with that are Hawser's own.
const reserved = "hawser:"

// A service answers what members of a channel ask of the server itself, by events whose names are reserved: docs/protocol.md §9.1. It says what by
// Context.Reply.
type service func(c *Context, ch *Channel) error

// services are all of them.
var services = map[routeKey]service{
	{OpCall, "hawser:history"}: answerHistory,
	{OpCall, servicePresence}:  answerPresence,
	{OpCall, serviceCount}:     answerCount,
	{OpCall, serviceEnter}:     answerEnter,
	{OpCall, serviceState}:     answerStates,
	{OpEvent, serviceState}:    takeState,
}

// serviceFor returns the route of a service, or nil.
func serviceFor(key routeKey, ch *Channel) *route {
	answer := services[key]
	if answer == nil {
		return nil
	}
	return &route{wrapped: func(c *Context) error { return answer(c, ch) }}
}

func isReserved(event string) bool { return strings.HasPrefix(event, reserved) }

package report

import "github.com/hawser-go/hawser/bench/internal/load"

func ms[T ~int64](d T) float64 { return float64(d) / 1e6 }

// inMB is bytes in MB.
func inMB(bytes int64) float64 { return float64(bytes) / (1 << 20) }

// throughput returns the columns of phases with one and with sixteen in flight.
func throughput() []column {
	return []column{
		{"K = 1", phase(0, thousandsPerCPU), true},
		{"K = 16", phase(1, thousandsPerCPU), true},
		{"K = 16, thousands a second", phase(1, thousandsPerSecond), false},
		{"cores: server", phase(1, serverCores), false},
		{"load", phase(1, loadCores), false},
	}
}

var crowd = []column{
	{"KB a connection", phase(0, perConnection), true},
	{"thousands of connects per CPU-second", connects, true},
	{"goroutines a connection", phase(0, goroutines), false},
}

// script returns the columns of one client in JavaScript: a flood, and then a pace.
func script() []column {
	return []column{
		{"thousands per CPU-second of the client", phase(0, thousandsPerLoadCPU), true},
		{"thousands a second", phase(0, thousandsPerSecond), false},
		{"longest task, ms", phase(0, longest), false},
		{"50,000/s: p50, ms", phase(1, p50), true},
		{"p99", phase(1, p99), true},
		{"cores: client", phase(1, loadCores), false},
		{"longest task, ms", phase(1, longest), false},
	}
}

const perCPUSecond = "thousands of deliveries for each CPU-second of the server; more is better"

var sections = []section{
	{
		title: "Fan-out over WebSocket, 1,000 members",
		about: "One channel, 1,000 members, 128 bytes of JSON a message. K is how many publications are in flight: " +
			"with K = 1 the next is made when all members have the last one, so that every delivery needs a " +
			"write of its own; with K = 16 a server may put several messages into one write. Thousands of " +
			"deliveries for each CPU-second of the server.",
		workloads: []string{"fan-out-1000"},
		columns:   throughput(),
		drawn: &drawing{
			file: "bench-fan-out.svg", title: "Fan-out to 1,000 WebSockets", subtitle: perCPUSecond,
			panels: []string{"1 publication in flight", "16 in flight"},
		},
	},
	{
		title: "Latency",
		about: "The same 1,000 members, from when a publication is asked for to when a member has it, in " +
			"milliseconds: at 50,000 deliveries a second for all servers (50 publications a second), and at half " +
			"of what the server delivered with K = 16.",
		workloads: []string{"fan-out-1000"},
		columns: []column{
			{"p99 at 50,000/s", phase(2, p99), true},
			{"p50", phase(2, p50), true},
			{"half of the maximum: thousands a second", phase(3, thousandsPerSecond), false},
			{"p50", phase(3, p50), true},
			{"p99", phase(3, p99), true},
		},
		ascending: true,
		drawn: &drawing{
			file: "bench-latency.svg", title: "Latency at equal load",
			subtitle: "milliseconds at 50,000 deliveries a second to 1,000 members; less is better",
			panels:   []string{"99th percentile", "median"},
		},
	},
	{
		title:     "Fan-out over WebSocket, 5,000 members",
		about:     "As above, with 5,000 members.",
		workloads: []string{"fan-out-5000"},
		columns:   throughput(),
	},
	{
		title: "Raw TCP with 16 messages a write",
		about: "What there would be to gain at K = 16 if every write carried 16 messages: not a server, and beyond " +
			"what one with sessions can reach.",
		workloads: []string{"fan-out-1000-lump", "fan-out-5000-lump"},
		columns: []column{
			{"members", func(t Trial) float64 { return float64(t.Connections) }, false},
			{"K = 16", phase(0, thousandsPerCPU), true},
		},
	},
	{
		title: "Idle WebSockets, and connecting",
		about: "{n} clients connect and join one channel, and then nothing happens. KB of resident memory for each " +
			"connection, after the garbage was collected and given back; and thousands of clients connected and " +
			"joined for each CPU-second of the server.",
		workloads: []string{"idle"},
		columns:   crowd,
		ascending: true,
		drawn: &drawing{
			file: "bench-connections.svg", title: "{n} idle WebSockets",
			subtitle: "memory for each connection once all is quiet, less is better; connects for each CPU-second, more is better",
			panels:   []string{"KB a connection", "thousands of connects"},
		},
	},
	{
		title: "Idle streams and held polls",
		about: "The same over HTTP/1.1. Bare net/http is a handler that only answers with a header and holds the " +
			"response: what a stream or a held poll takes at least.",
		workloads: []string{"idle-http"},
		columns:   crowd,
		ascending: true,
	},
	{
		title: "Calls",
		about: "100 connections, each of which has 1 or 16 calls under way: 128 bytes go up, and come back. " +
			"Thousands of calls for each CPU-second of the server. For servers that know no calls, and raw TCP, " +
			"a message that comes is sent back.",
		workloads: []string{"calls"},
		columns: []column{
			{"1 at a time", phase(0, thousandsPerCPU), true},
			{"16 at a time", phase(1, thousandsPerCPU), true},
			{"cores: server", phase(1, serverCores), false},
			{"load", phase(1, loadCores), false},
		},
		drawn: &drawing{
			file: "bench-calls.svg", title: "Calls over WebSocket",
			subtitle: "thousands of calls for each CPU-second of the server; more is better",
			panels:   []string{"1 at a time", "16 at a time"},
		},
	},
	{
		title: "Fan-out over streamed HTTP responses, 1,000 members",
		about: "As over WebSocket, with HTTP/1.1. Thousands of deliveries for each CPU-second of the server. " +
			"Hawser's members acknowledge by requests.",
		workloads: []string{"streams-1000"},
		columns:   throughput(),
		drawn: &drawing{
			file: "bench-streams.svg", title: "Fan-out to 1,000 streamed responses", subtitle: perCPUSecond,
			panels: []string{"1 publication in flight", "16 in flight"},
		},
	},
	{
		title:     "Fan-out by long polling, 1,000 members",
		about:     "Each batch is a response, and takes a new request.",
		workloads: []string{"polls-1000"},
		columns:   throughput(),
	},
	{
		title:     "Fan-out over WebSocket with TLS, 1,000 members",
		about:     "TLS 1.3 in the server's process.",
		workloads: []string{"tls-1000"},
		columns:   throughput(),
	},
	{
		title: "Channels of 10 members",
		about: "{n} members, each in one of the channels. 16 channels are published to at a time, one publication " +
			"each, and all take turns. Here a publication is only 10 deliveries, so that what publishing takes " +
			"counts, and so does the line in which the load generator asks for it.",
		workloads: []string{"rooms"},
		columns: []column{
			{"thousands per CPU-second", phase(0, thousandsPerCPU), true},
			{"thousands a second", phase(0, thousandsPerSecond), false},
			{"cores: server", phase(0, serverCores), false},
			{"load", phase(0, loadCores), false},
		},
	},
	{
		title: "Fan-out over WebSocket, 15,000 members",
		about: "K = 1: what a delivery costs must not grow with how many there are by much more than it does for " +
			"raw TCP.",
		workloads: []string{"fan-out-15000"},
		columns:   []column{{"K = 1", phase(0, thousandsPerCPU), true}},
	},
	{
		title: "One member that does not read",
		about: "50,000 deliveries a second to 1,000 members, without and with one more that reads nothing, in 10 " +
			"pairs that take turns. The ratio of a pair's 99th percentiles, and how much the server's memory " +
			"grew.",
		workloads: []string{"slow-member"},
		columns: []column{
			{"p99 with / without", slowdown, false},
			{"p99 with, ms", func(t Trial) float64 { return medianP99(t, true) }, false},
			{"without", func(t Trial) float64 { return medianP99(t, false) }, false},
			{"memory at the end, MB", func(t Trial) float64 { return inMB(lastUsage(t).RSS) }, false},
		},
		ascending: true,
	},
	{
		title:     "5,000 sessions cut at once",
		about:     "All connections are closed, and all sessions resume, 64 at a time.",
		workloads: []string{"resume"},
		columns: []column{
			{"seconds", phase(0, func(_ Trial, m load.Measured) float64 { return m.Seconds }), true},
			{"server CPU-seconds", phase(0, func(_ Trial, m load.Measured) float64 { return m.ServerCPU }), true},
			{"peak memory, MB", phase(0, func(_ Trial, m load.Measured) float64 { return inMB(m.Usage.Peak) }), true},
		},
		ascending: true,
	},
	{
		title: "The JavaScript client, in Node",
		about: "One client. First a flood, with 3,500 messages of 128 bytes always on their way: thousands for each CPU-second of " +
			"the client's process. Then 50,000 messages a second, and how late they come. Beside it a WebSocket (the package ws) that has " +
			"each message in a frame of its own, which it parses: no session, no channel. The longest task is for how long nothing " +
			"else could run, whatever the reason.",
		workloads: []string{"client-node"},
		columns:   script(),
	},
	{
		title: "The JavaScript client, in Chromium",
		about: "The same in a page. The CPU is that of all of Chromium's processes; a longest task of 0 means that none took " +
			"50 ms (Long Tasks API). Chromium is steered by its developer tools, which hear of each frame of a WebSocket, but not of " +
			"what a stream brings: that is in the figures.",
		workloads: []string{"client-chromium"},
		columns:   script(),
	},
}

package hawser

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/hawser-go/hawser/broker"
	"github.com/hawser-go/hawser/codec"
)

// HistoryOptions say how much of a channel is kept, for those who come back and for those who may read it.
type HistoryOptions struct {
	// Size is how many messages are kept. Default 100.
	Size int
	// Age is how long they are kept. Default 5 min; below 0: for as long as there is room.
	Age time.Duration
}

// History keeps what is published to each channel of the pattern, in the broker: a client that comes back after its session was lost, or after its page was
// loaded again, gets what it missed. Without it, one that missed something is told so (`recovered: false`). It counts from the next publication on.
func (ch *Channel) History(o HistoryOptions) {
	keep := broker.Retention{Size: cmp.Or(max(o.Size, 0), 100), Age: cmp.Or(o.Age, 5*time.Minute)}
	keep.Age = max(keep.Age, 0)
	ch.retention.Store(&keep)
}

// keep returns how much of a channel is kept.
func (ch *Channel) keep() broker.Retention {
	if keep := ch.retention.Load(); keep != nil {
		return *keep
	}
	return broker.Retention{}
}

// OnHistory registers who of the members may read what is kept: those for whom the handler returns nil. Without one nobody may.
func (ch *Channel) OnHistory(h Handler) { ch.routes.handle(routeKey{op: OpHistory}, h, nil) }

// A HistoryQuery asks for a stretch of a channel's history: what follows After, if that is given; otherwise the last messages before the offset Before, or the
// last of all if that is 0 too.
type HistoryQuery struct {
	After  Position
	Before uint64
	Epoch  string // of Before; "" is the present one
	Limit  int    // how many messages at most; 0: all that is kept
}

// A HistoryPage is the answer to a HistoryQuery.
type HistoryPage struct {
	At       Position // of the channel's last publication
	Messages []HistoryMessage
	More     bool // there are more than Limit: after these messages if After was given, otherwise before them
}

// A HistoryMessage is a publication that is kept.
type HistoryMessage struct {
	Offset uint64
	At     time.Time // when it was published
	Event  string

	codec   codec.Codec
	payload codec.Payload
}

// Bind decodes the payload into v, a pointer.
func (m *HistoryMessage) Bind(v any) error {
	if m.codec == nil {
		return nil
	}
	return codec.Decode(m.codec, m.payload, v)
}

// A PositionError says that what a HistoryQuery asks for cannot be had, and why.
type PositionError = broker.PositionError

// History reads what is kept of a channel. Errors: a malformed name, a *PositionError, ctx's, and the broker's.
func (s *Server) History(ctx context.Context, channelName string, q HistoryQuery) (HistoryPage, error) {
	if err := validChannel(channelName); err != nil {
		return HistoryPage{}, err
	}
	page, err := s.broker.Read(ctx, channelName, broker.Query(q))
	if err != nil {
		return HistoryPage{}, err
	}
	c := s.options.Codecs[0]
	messages := make([]HistoryMessage, len(page.Entries))
	for i := range page.Entries {
		e := &page.Entries[i]
		messages[i] = HistoryMessage{Offset: e.Offset, At: e.At, Event: e.Event, codec: c}
		if messages[i].payload, err = s.hub.Payload(c, e.Payloads); err != nil {
			return HistoryPage{}, err
		}
	}
	return HistoryPage{At: page.At, Messages: messages, More: page.More}, nil
}

// maxPage is how many messages a client may ask for at once.
const maxPage = 100

// historyRequest is the data of hawser:history: docs/protocol.md §9.1.
type historyRequest struct {
	Epoch  string  `json:"epoch"`
	Before *uint64 `json:"before"`
	Limit  *int64  `json:"limit"`
}

func (r *historyRequest) query() (broker.Query, error) {
	q := broker.Query{Epoch: r.Epoch, Limit: maxPage}
	if r.Limit != nil {
		if *r.Limit < 1 || *r.Limit > maxPage {
			return q, Errorf(CodeBadRequest, "a page has 1 to %d messages, not %d", maxPage, *r.Limit)
		}
		q.Limit = int(*r.Limit)
	}
	if r.Before != nil {
		if *r.Before < 1 {
			return q, Errorf(CodeBadRequest, "offsets begin at 1: nothing is before")
		}
		q.Before = *r.Before
	}
	return q, nil
}

// historyAnswer is the answer.
type historyAnswer struct {
	Epoch    string  `json:"epoch"`
	Messages [][]any `json:"messages"`
	More     bool    `json:"more"`
}

// answerHistory is the service hawser:history.
func answerHistory(c *Context, ch *Channel) error {
	s := c.session
	r := ch.routes.find(routeKey{op: OpHistory})
	if r == nil {
		return Errorf(CodeForbidden, "nobody may read the history of %q", c.channel)
	}
	if err := s.run(r.wrapped, c.permission(OpHistory)); err != nil {
		return err
	}
	var in historyRequest
	if err := c.Bind(&in); err != nil {
		return err
	}
	q, err := in.query()
	if err != nil {
		return err
	}
	page, err := s.server.broker.Read(c, c.channel, q)
	var useless *broker.PositionError
	switch {
	case errors.As(err, &useless):
		return Errorf(CodeBadRequest, "the epoch %.64q is over: the present one is %q", in.Epoch, useless.At.Epoch)
	case err != nil:
		return s.unavailable(c, err)
	}
	answer, err := s.historyAnswer(&page)
	c.Reply(answer)
	return err
}

// historyAnswer writes a page, the latest messages of it that fit in one packet.
func (s *clientSession) historyAnswer(page *broker.Page) (*historyAnswer, error) {
	c := s.line.Codec()
	room := s.server.options.MaxPayload - 128 // for what is around them
	first := len(page.Entries)
	messages := make([][]any, 0, first) // an empty list is not null
	for ; first > 0; first-- {
		e := &page.Entries[first-1]
		message, size, err := s.historyMessage(c, e)
		if err != nil {
			return nil, err
		}
		if room -= size; room < 0 {
			break
		}
		messages = append(messages, message)
	}
	if first == len(page.Entries) && first > 0 {
		return nil, Errorf(CodePayloadTooLarge, "the message %d alone is too large for a page: ask for those before it", page.Entries[first-1].Offset)
	}
	slices.Reverse(messages)
	return &historyAnswer{Epoch: page.At.Epoch, Messages: messages, More: page.More || first > 0}, nil
}

// historyMessage returns an entry as it stands in a page, and the most bytes that it takes there.
func (s *clientSession) historyMessage(c codec.Codec, e *broker.Entry) (message []any, size int, err error) {
	payload, err := s.server.hub.Payload(c, e.Payloads)
	if err != nil {
		return nil, 0, err
	}
	message = []any{e.Offset, e.Event}
	size = 6*len(e.Event) + 32
	switch {
	case payload.Absent():
	case payload.Bytes:
		message = append(message, payload.Raw, 1)
		size += len(payload.Raw)*4/3 + 4
	default:
		data, err := codec.Embed(c, payload.Raw)
		if err != nil {
			return nil, 0, err
		}
		message = append(message, data)
		size += len(payload.Raw)
	}
	return message, size, nil
}

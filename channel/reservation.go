package channel

import (
	"context"
	"errors"
	"slices"

	"github.com/hawser-go/hawser/broker"
	"github.com/hawser-go/hawser/session"
)

// ErrLost says that a reservation came to nothing: more was published meanwhile than is kept for it, the numbering started anew, the log cannot be read yet as
// far as it has come here, or its member left. Unless it left, reserve again.
var ErrLost = errors.New("hawser: the reservation is lost")

// A Reservation is a member that joins. From Reserve on, what is published is kept for it, within Options.KeptPackets and KeptBytes, while nobody waits:
// it may take its time. Whoever made it calls From where the membership is to begin elsewhere than at At, then Admit; and always Cancel at the end.
// Its methods are for one goroutine.
type Reservation struct {
	state  *state
	member Member
	topic  *session.Topic
	at     Position

	from   Position   // where the membership begins
	missed []numbered // what came after from, up to at
	cut    bool       // missed is not all of it

	stage stage             // guarded by the channel's lock, with what follows
	place int               // among those who join, or nowhere
	kept  backlog[numbered] // what came after at
}

// numbered is the packet of a publication.
type numbered struct {
	offset uint64
	packet *session.Packet
}

const nowhere = -1

type stage uint8

const (
	joining  stage = iota
	lost           // it cannot be admitted any more
	awaiting       // it was admitted ahead of what has come to this node so far
	over           // it is a member, or has left
)

// Reserve begins to make m a member of the channel. Joining again begins a new membership: the one before ends here, and nothing is lost between them if
// it goes on at At. Errors: a *NameError, ctx's, and the broker's.
func (h *Hub) Reserve(ctx context.Context, name string, m Member) (*Reservation, error) {
	if err := ValidName(name); err != nil {
		return nil, err
	}
	for {
		st, made := h.shard(name).open(h, name)
		if made {
			st.subscribe(ctx)
		} else if err := st.wait(ctx); err != nil {
			return nil, err
		}
		if st.err != nil {
			return nil, st.err
		}
		if r := st.reserve(m); r != nil {
			return r, nil
		}
	}
}

// reserve returns nil if the channel was closed meanwhile.
func (s *state) reserve(m Member) *Reservation {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.removeLocked(m)
	g := s.groupLocked(m.Codec())
	r := &Reservation{state: s, member: m, topic: g.topic, at: s.position, from: s.position}
	g.reserve(r)
	return r
}

// At returns the position of the last publication that is not kept for the reservation. It is where the membership begins if nothing else is said.
func (r *Reservation) At() Position { return r.at }

// From makes the membership begin after p, and reads what came between, as much as may be had at once. p may be later than At, on a node that is behind
// others. It may be called again; the last one that did not fail counts. Errors: a *broker.PositionError if it is not known what came after p, ErrLost,
// ctx's, and the broker's.
func (r *Reservation) From(ctx context.Context, p Position) error {
	var missed []numbered
	var cut bool
	var err error
	switch {
	case p.Epoch == "":
		err = &broker.PositionError{Reason: broker.OtherEpoch, Given: p, At: r.at}
	case p.Epoch == r.at.Epoch && p.Offset >= r.at.Offset:
		err = r.ahead(ctx, p)
	case p.Epoch == r.at.Epoch && r.state.loss == Drop: // what was dropped once is not delivered later
		err = &broker.PositionError{Reason: broker.Trimmed, Given: p, At: r.at}
	default:
		missed, cut, err = r.read(ctx, p)
	}
	if err != nil {
		return err
	}
	r.from, r.missed, r.cut = p, missed, cut
	return nil
}

// ahead says whether p, which is not before At, is no further than the log: what follows it is kept for the reservation.
func (r *Reservation) ahead(ctx context.Context, p Position) error {
	r.state.mu.Lock()
	reached := r.state.position
	r.state.mu.Unlock()
	if p.Epoch == reached.Epoch && p.Offset <= reached.Offset {
		return nil
	}
	_, err := r.state.hub.options.Log.Read(ctx, r.state.name, broker.Query{After: p, Limit: 1})
	var useless *broker.PositionError
	switch {
	case !errors.As(err, &useless), useless.Reason == broker.Future:
		return err
	case useless.Reason == broker.OtherEpoch:
		return ErrLost
	}
	return nil // what follows it in the log does not matter
}

// read reads what came after p, up to what is kept for the reservation. cut says that there is more. What it cannot see to be whole it does not give.
func (r *Reservation) read(ctx context.Context, p Position) (missed []numbered, cut bool, err error) {
	h := r.state.hub
	shared, err := r.pastPackets()
	if err != nil {
		return nil, false, err
	}
	bytes := 0
	// A page may hold nothing for the member, who must not go on from the same place for ever.
	for after := p; len(missed) == 0; {
		page, err := h.options.Log.Read(ctx, r.state.name, broker.Query{After: after, Limit: h.options.KeptPackets})
		if err != nil {
			return nil, false, err
		}
		if page.At.Epoch != r.at.Epoch {
			return nil, false, ErrLost
		}
		known := shared.find(page.Entries)
		missed = slices.Grow(missed, len(known))
		for i, packet := range known {
			e := &page.Entries[i]
			if e.Offset > r.at.Offset {
				return missed, false, nil
			}
			if after.Offset++; e.Offset != after.Offset {
				return nil, false, &broker.PositionError{Reason: broker.Trimmed, Given: p, At: page.At}
			}
			if e.Except != "" && e.Except == r.member.ID() {
				continue
			}
			if packet == nil {
				if packet, err = r.state.packet(r.member.Codec(), r.topic, e); err != nil { // nobody here can have it
					return nil, false, &broker.PositionError{Reason: broker.Trimmed, Given: p, At: page.At}
				}
				packet = shared.share(e.Offset, packet)
			}
			if bytes += packet.Len(); bytes > h.options.KeptBytes && len(missed) > 0 {
				return missed, true, nil
			}
			missed = append(missed, numbered{e.Offset, packet})
		}
		switch {
		case after.Offset == r.at.Offset:
			return missed, false, nil
		case !page.More: // the log is behind what has come here
			return nil, false, ErrLost
		}
	}
	return missed, true, nil
}

// pastPackets returns what those who recover share.
func (r *Reservation) pastPackets() (*cache, error) {
	st := r.state
	st.mu.Lock()
	defer st.mu.Unlock()
	if r.stage != joining {
		return nil, ErrLost
	}
	return st.groupLocked(r.member.Codec()).pastPackets(st.hub), nil
}

// Admit makes the member one. It calls first, which sends the answer to its request, under the channel's lock, and delivers what came after the position
// that From named: what was missed, then what was kept, then, by Publish, what comes. first must not block and must not call the Hub; if it fails, Admit
// fails with its error.
//
// If the member has not room for all of that (Member.Room; half of it is left for others), it gets as much as there is room for, one message at least, and
// then a reset, and is no member: it goes on by joining again from the position that it has reached.
//
// The error is ErrLost otherwise.
func (r *Reservation) Admit(first func() error) error {
	st := r.state
	st.mu.Lock()
	defer st.mu.Unlock()
	if r.stage != joining {
		return ErrLost
	}
	if err := first(); err != nil {
		return err
	}
	g := st.groupLocked(r.member.Codec())
	switch r.deliverLocked(st.loss) {
	case some:
		g.forget(r)
		g.lapsed = append(g.lapsed, r.member)
		st.hub.resets.Add(1)
		r.member.Deliver(resetPacket(g.codec, st.name, st.position))
	case fewer:
		g.forget(r)
		g.lapsed = append(g.lapsed, r.member)
	case all:
		if r.from.Offset > st.position.Offset {
			r.stage = awaiting
		} else {
			g.admit(r)
		}
	}
	r.missed, r.kept = nil, backlog[numbered]{}
	return nil
}

// How much of what a member missed it was given.
type given uint8

const (
	all   given = iota
	some        // as much as it had room for
	fewer       // not even that: it was told
)

// deliverLocked delivers what the member missed and what was kept.
func (r *Reservation) deliverLocked(l Loss) given {
	packets, bytes := r.member.Room()
	packets, bytes = packets/2, bytes/2
	first := true
	deliver := func(n numbered) given {
		if n.offset <= r.from.Offset {
			return all
		}
		packets--
		bytes -= n.packet.Len()
		if !first && (packets < 0 || bytes < 0) {
			return some
		}
		first = false
		if !l.hand(r.member, n.packet) {
			return fewer
		}
		return all
	}
	for _, n := range r.missed {
		if g := deliver(n); g != all {
			return g
		}
	}
	if r.cut {
		return some
	}
	for n := range r.kept.all {
		if g := deliver(n); g != all {
			return g
		}
	}
	return all
}

// Cancel takes the reservation back, unless it was admitted. It may be called again.
func (r *Reservation) Cancel() {
	defer r.state.hub.settle(r.state)
	r.state.mu.Lock()
	defer r.state.mu.Unlock()
	if r.stage != awaiting && r.place != nowhere {
		r.state.groupLocked(r.member.Codec()).forget(r)
		r.state.trimLocked()
	}
}

// take takes a publication for one who joins. The channel's lock is held.
func (r *Reservation) take(g *group, p *session.Packet, e *broker.Entry) {
	wanted := e.Except == "" || e.Except != r.member.ID()
	switch r.stage {
	case joining:
		o := &r.state.hub.options
		if !wanted || r.state.loss == Drop {
			return
		}
		r.kept.remove(e.Key)
		if !r.kept.fits(p.Len(), o.KeptPackets, o.KeptBytes) {
			r.lose()
			return
		}
		r.kept.add(numbered{e.Offset, p}, e.Key, p.Len())
	case awaiting:
		if e.Offset < r.from.Offset {
			return
		}
		g.admit(r)
		if e.Offset > r.from.Offset && wanted { // where only the latest is handed on, none may have that very offset
			if !r.state.loss.hand(r.member, p) {
				g.lapse(len(g.members) - 1)
			}
		}
	}
}

func (r *Reservation) lose() {
	r.stage = lost
	r.kept = backlog[numbered]{}
}

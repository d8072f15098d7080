package presence

import (
	"bytes"
	"maps"
	"slices"

	"github.com/hawser-go/hawser/broker"
)

// A view is who is in a channel, on all nodes: as it is, and as the watchers have been told. What is told late is not repeated: somebody who came and went
// meanwhile was never there. The room's lock guards it.
type view struct {
	here      map[string]Presence // by session
	users     map[string]int      // how many sessions each has; the anonymous are not among them
	anonymous int
	told      map[string]*Presence // of sessions that the watchers know otherwise than they are: what they know, or nil
}

func newView() *view {
	return &view{here: map[string]Presence{}, users: map[string]int{}, told: map[string]*Presence{}}
}

// put takes a change; watched says whether there is somebody to tell.
func (v *view) put(p Presence, here, watched bool) {
	old, was := v.here[p.Session]
	if was {
		v.remove(old)
	}
	if here {
		v.add(p)
	}
	if !watched || !was && !here {
		return
	}
	known, otherwise := v.told[p.Session]
	if !otherwise && was {
		known = &old
	}
	if known == nil && !here || known != nil && here && same(*known, p) {
		delete(v.told, p.Session)
	} else {
		v.told[p.Session] = known
	}
}

func (v *view) add(p Presence) {
	v.here[p.Session] = p
	if p.User == "" {
		v.anonymous++
	} else {
		v.users[p.User]++
	}
}

func (v *view) remove(p Presence) {
	delete(v.here, p.Session)
	switch v.users[p.User]--; {
	case p.User == "":
		v.anonymous--
		delete(v.users, "")
	case v.users[p.User] == 0:
		delete(v.users, p.User)
	}
}

// changed reports whether the watchers do not know all.
func (v *view) changed() bool { return len(v.told) > 0 }

// known returns who is here as far as the watchers know.
func (v *view) known() []Presence {
	all := make([]Presence, 0, len(v.here))
	for session, p := range v.here {
		if _, otherwise := v.told[session]; !otherwise {
			all = append(all, p)
		}
	}
	for _, p := range v.told {
		if p != nil {
			all = append(all, *p)
		}
	}
	return all
}

// list returns who is here.
func (v *view) list() []Presence {
	return slices.AppendSeq(make([]Presence, 0, len(v.here)), maps.Values(v.here))
}

func (v *view) count() Count { return Count{Users: len(v.users) + v.anonymous, Sessions: len(v.here)} }

// around is about how many bytes stand around a session in a diff.
const around = 16

// diff returns what the watchers are to be told, up to a limit in bytes, and takes it as told.
func (v *view) diff(limit int) Diff {
	var d Diff
	for session := range v.told {
		p, here := v.here[session]
		weight := len(session) + around
		if here {
			weight += len(p.User) + size(p.Data)
		}
		if limit -= weight; limit < 0 && len(d.In)+len(d.Out) > 0 {
			break
		}
		if here {
			d.In = append(d.In, p)
		} else {
			d.Out = append(d.Out, session)
		}
		delete(v.told, session)
	}
	return d
}

// forget drops what was to be told, as there is nobody to tell.
func (v *view) forget() { v.told = map[string]*Presence{} }

func same(a, b Presence) bool {
	return a.User == b.User && slices.EqualFunc(a.Data, b.Data, func(a, b broker.Payload) bool {
		return a.Codec == b.Codec && a.Bytes == b.Bytes && bytes.Equal(a.Data, b.Data)
	})
}

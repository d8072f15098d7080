package channel

import (
	"fmt"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
)

// A Table finds what belongs to a channel's name: the value of the most specific pattern that matches. Segments decide from left
// to right, a literal before a parameter, a parameter before the rest. So of "chat:lobby", "chat:{room}" and "{any...}", the name
// chat:lobby gets the first, chat:go the second, and news the third.
//
// The zero Table is empty and ready. Its methods may be called at the same time; a Match takes no lock, and its cost does not
// grow with the number of patterns that begin otherwise.
type Table[T any] struct {
	adding sync.Mutex // one Add at a time
	root   atomic.Pointer[node[T]]
}

// A node stands for the segments on the way to it. It is immutable: Add makes a new path.
type node[T any] struct {
	literals map[string]*node[T]
	param    *node[T]
	rest     *entry[T] // a pattern whose last segment is the rest
	end      *entry[T] // a pattern that ends here
}

type entry[T any] struct {
	pattern Pattern
	value   T
}

// A ConflictError says that two patterns match the same names.
type ConflictError struct {
	Pattern  string // the one that was refused
	Existing string // the one that is in the table
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("hawser: the channel pattern %q matches the same names as %q", e.Pattern, e.Existing)
}

// Add puts a pattern and its value into the table. The error is a *PatternError, or a *ConflictError if the table has a pattern
// that differs at most in its parameters' names.
func (t *Table[T]) Add(pattern string, value T) error {
	p, err := Compile(pattern)
	if err != nil {
		return err
	}
	t.adding.Lock()
	defer t.adding.Unlock()
	e := &entry[T]{p, value}
	root, existing := t.root.Load().with(p.segments, e)
	if existing != e {
		return &ConflictError{Pattern: pattern, Existing: existing.pattern.text}
	}
	t.root.Store(root)
	return nil
}

// with returns a copy of n, which may be nil, that has e at the end of segments, and the entry that is now there: another than e
// if the place was taken.
func (n *node[T]) with(segments []segment, e *entry[T]) (*node[T], *entry[T]) {
	var made node[T]
	if n != nil {
		made = *n
	}
	place := &made.end
	if len(segments) > 0 {
		s := segments[0]
		switch s.kind {
		case literal:
			child, there := made.literals[s.text].with(segments[1:], e)
			made.literals = maps.Clone(made.literals)
			if made.literals == nil {
				made.literals = map[string]*node[T]{}
			}
			made.literals[s.text] = child
			return &made, there
		case param:
			var there *entry[T]
			made.param, there = made.param.with(segments[1:], e)
			return &made, there
		case rest:
			place = &made.rest
		}
	}
	if *place == nil {
		*place = e
	}
	return &made, *place
}

// Match returns the value of the most specific pattern that matches name, and the parameters. A name that is not valid matches
// nothing.
func (t *Table[T]) Match(name string) (value T, params Params, ok bool) {
	root := t.root.Load()
	if root == nil || ValidName(name) != nil {
		return value, nil, false
	}
	e := root.find(name, true)
	if e == nil {
		return value, nil, false
	}
	params, ok = e.pattern.Match(name)
	return e.value, params, ok
}

// Find is Match for those who do not want the parameters. It allocates nothing.
func (t *Table[T]) Find(name string) (value T, ok bool) {
	root := t.root.Load()
	if root == nil || ValidName(name) != nil {
		return value, false
	}
	e := root.find(name, true)
	if e == nil {
		return value, false
	}
	return e.value, true
}

// find looks for the entry of name, or of nothing if there is no more of it. No node is visited twice: that bounds the walk
// even where patterns overlap.
func (n *node[T]) find(name string, more bool) *entry[T] {
	if n == nil {
		return nil
	}
	if !more {
		return n.end
	}
	head, tail, more := strings.Cut(name, ":")
	if e := n.literals[head].find(tail, more); e != nil {
		return e
	}
	if head != "" {
		if e := n.param.find(tail, more); e != nil {
			return e
		}
	}
	if name != "" {
		return n.rest
	}
	return nil
}

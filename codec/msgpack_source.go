package codec

import (
	"bytes"
	"errors"
)

// A msgpackSource is checked data, as the library reads it. The library takes an extension in front of a map for granted
// and reads the extension's content as if it were values, which nobody checked. So the contents of extensions are
// sealed: they can be read as bytes, which is how a timestamp is read, but not as values, which start with ReadByte.
type msgpackSource struct {
	bytes.Reader
	sealed []msgpackSpan // in order; those that were passed are taken off
}

// A msgpackSpan is a stretch of the data, from start up to end.
type msgpackSpan struct{ start, end int }

var errSealed = errors.New("msgpack: an extension where another value should be")

func (s *msgpackSource) reset(data []byte) {
	s.Reset(data)
	s.sealed = s.sealed[:0]
	for at := 0; at < len(data); {
		h, bad := mpHeadAt(data, at)
		switch {
		case bad != nil:
			return // which checked data does not come to
		case h.form == mpArray || h.form == mpMap:
			at = h.at
			continue
		case h.form == mpExtension:
			s.sealed = append(s.sealed, msgpackSpan{h.at + 1, h.end()}) // the type is read as a byte
		}
		at = h.end()
	}
}

func (s *msgpackSource) ReadByte() (byte, error) {
	at := int(s.Size()) - s.Len()
	for len(s.sealed) > 0 && s.sealed[0].end <= at {
		s.sealed = s.sealed[1:]
	}
	if len(s.sealed) > 0 && s.sealed[0].start <= at {
		return 0, errSealed
	}
	return s.Reader.ReadByte()
}

package codec

// DecodeHello decodes the body of a hello into h, as Decode does. The plain JSON that clients write takes a tenth of what encoding/json takes for it.
func DecodeHello(c Codec, body Payload, h *Hello) error {
	if j, ok := c.(jsonCodec); ok && j.plainHello(body.Raw, h) {
		return nil
	}
	var decoded Hello // h itself need not be on the heap
	err := Decode(c, body, &decoded)
	*h = decoded
	return err
}

// plainHello decodes a hello that has no space, no escape, and only strings and numbers. It reports false for any other: what is right and wrong in that,
// encoding/json knows.
func (c jsonCodec) plainHello(body []byte, h *Hello) bool {
	*h = Hello{}
	if len(body) == 0 || body[0] != '{' {
		return false
	}
	for at := 1; ; at++ {
		name, next, ok := plainString(body, at)
		if !ok || next >= len(body) || body[next] != ':' {
			return false
		}
		switch number, text := h.field(name); {
		case number != nil:
			var bad *Error
			*number, at, bad = c.readUint(body, next+1)
			ok = bad == nil
		case text != nil:
			name, at, ok = plainString(body, next+1)
			*text = string(name)
		default:
			return false
		}
		switch {
		case !ok || at >= len(body):
			return false
		case body[at] == '}':
			return at+1 == len(body)
		case body[at] != ',':
			return false
		}
	}
}

// plainString returns what is between the quotes of a string without escapes.
func plainString(b []byte, at int) (inside []byte, next int, ok bool) {
	next, escaped, bad := jsonString(b, at)
	if bad != nil || escaped {
		return nil, at, false
	}
	return b[at+1 : next-1], next, true
}

// field returns the place of a field that is a number, or of one that is a string.
func (h *Hello) field(name []byte) (number *uint64, text *string) {
	switch string(name) {
	case "v":
		return &h.V, nil
	case "wire":
		return &h.Wire, nil
	case "claim":
		return &h.Claim, nil
	case "recv":
		return &h.Recv, nil
	case "wait":
		return &h.Wait, nil
	case "key":
		return nil, &h.Key
	case "sid":
		return nil, &h.SID
	case "token":
		return nil, &h.Token
	}
	return nil, nil
}

package netlab

import "net/http"

// AnswersLost lets the target handle a POST, and ends the client's connection in the place of the answer. Answers without a length, which are streams, pass.
type AnswersLost struct {
	Path        string  // the last element of the paths concerned; "": all
	Probability float64 // over 0 and up to 1. Default 1
}

// Name is "answers-lost".
func (AnswersLost) Name() string { return "answers-lost" }

func (f AnswersLost) with(p *parameters) Fault {
	p.text("path", &f.Path)
	p.probability("probability", &f.Probability)
	return f
}

func (f AnswersLost) loses(l *Lab, response *http.Response) bool {
	r := response.Request
	return r.Method == http.MethodPost && at(f.Path, r) && response.ContentLength >= 0 && l.happens(f.Probability)
}

// Replayed sends a POST to the target twice, and gives the client the second answer: a proxy that retries what it should not.
type Replayed struct {
	Path string // as in AnswersLost
}

// Name is "post-replayed".
func (Replayed) Name() string { return "post-replayed" }

func (f Replayed) with(p *parameters) Fault {
	p.text("path", &f.Path)
	return f
}

func (f Replayed) repeats(r *http.Request) bool { return r.Method == http.MethodPost && at(f.Path, r) }

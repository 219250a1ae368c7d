package event

import "time"

// Work returns a payload without what says only when its work was noticed and through whom. Two
// payloads of which this is the same order the same work, and one of them will do.
func Work(p Payload) Payload {
	switch p := p.(type) {
	case RefreshGroup:
		p.Noticed = time.Time{}
		return p
	case CheckSettings:
		p.Noticed, p.Actor = time.Time{}, ""
		return p
	}
	return p
}

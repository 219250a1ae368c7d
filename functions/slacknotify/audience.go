package slacknotify

import (
	"context"
	"fmt"
	"slices"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/domain/group"
)

// part is the part that a reader has in what a message is about. The values are kept with messages.
type part string

const (
	decides  part = "ask"      // may decide: sees the buttons
	reminded part = "reminder" // may decide, and was asked in another message
	asked    part = "status"   // has asked for it: sees how it stands
	hears    part = "done"     // is concerned: hears what was done
	alerted  part = "alert"    // has to hear: where a person cannot be told, the channel is
	reads    part = "list"     // may decide: reads a part of what is decided about
)

// want is one message that should be there.
type want struct {
	// key names the message among those of its change. A message keeps its key for life.
	key string
	// person is the reader's id. Without one, room is the channel's name, and without that it
	// is the channel for alerts.
	person string
	room   string
	part   part
}

// maxAsked bounds how many people are asked each for themselves. Where more can decide, the
// channel is asked too: whoever is there and may decide can press.
const maxAsked = 25

// about returns a change as the topic of messages.
func (h *handler) about(ctx context.Context, id string) (topic, error) {
	c, err := h.ledger.Get(ctx, id)
	if err != nil {
		return topic{}, err
	}
	wants, err := h.audience(ctx, c)
	t := topic{id: id, wants: withLists(c, wants)}
	t.inPlace = func(wants []want) []want { return withLists(c, wants) }
	if err != nil {
		return topic{}, err
	}
	goesOn, err := h.goesOn(ctx, c)
	if err != nil {
		return topic{}, err
	}
	if goesOn {
		t.write = func(_ letter, _ turn, in language) slack.Message { return in.goesOn(c) }
		return t, nil
	}
	who, err := h.among(ctx, c)
	t.write = func(l letter, t turn, in language) slack.Message { return in.write(c, l, t, who, h.now()) }
	return t, err
}

// goesOn reports whether who has access by a change has it for longer by another one.
func (h *handler) goesOn(ctx context.Context, c change.Change) (bool, error) {
	if c.Kind != change.AccessGrant || c.State != change.Applied {
		return false, nil
	}
	g, err := desk.GrantOf(c)
	if err != nil {
		return false, err
	}
	held, err := h.ledger.Held(ctx, change.AccessGrant, c.Requester.ID, h.now())
	if err != nil {
		return false, err
	}
	grants, err := desk.GrantsOf(held)
	return slices.ContainsFunc(grants, func(o grant.Grant) bool { return o.GoesOn(g) }), err
}

// among are the addresses of those in each set of people of whom some have to agree. A set that is not
// there was not looked up, or not to the end.
type among map[change.Selector][]string

// maxNamed is how many of them a message names.
const maxNamed = 3

// among looks up who can decide about a change that waits, as [handler.deciding].
func (h *handler) among(ctx context.Context, c change.Change) (among, error) {
	if c.State != change.Proposed {
		return nil, nil
	}
	out := among{}
	for _, n := range c.Requirement.Needs {
		sets := []change.Selector{n.From}
		if c.Escalated && c.Requirement.Escalate != nil && c.Requirement.Escalate.To != n.From {
			sets = append(sets, c.Requirement.Escalate.To) // who counts for every set by now
		}
		out[n.From] = []string{}
		for _, s := range sets {
			who, whole, err := h.deciding(ctx, c, s)
			if err != nil {
				return nil, err
			}
			if !whole {
				delete(out, n.From) // how many they are is not known
				break
			}
			for _, email := range who {
				if !slices.Contains(out[n.From], email) {
					out[n.From] = append(out[n.From], email)
				}
			}
		}
	}
	return out, nil
}

// mostHeld is of how many people of a set it is asked whether the policy lets them decide: a message names few.
const mostHeld = 20

// deciding returns the addresses of those in a set who can decide about a change: without the requester, without who
// has approved it and without whom the policy does not let. Whole is false where there may be others.
func (h *handler) deciding(ctx context.Context, c change.Change, s change.Selector) (out []string, whole bool, err error) {
	people, whole, err := h.standing.People(ctx, c, s)
	if err != nil || !whole {
		return nil, false, err
	}
	agreed := c.ApprovedBy()
	people = slices.DeleteFunc(people, func(p group.Person) bool {
		return (change.Actor{ID: p.ID}).Same(c.Requester) || slices.Contains(agreed, p.ID)
	})
	var ids []string
	for _, p := range people[:min(len(people), mostHeld)] {
		ids = append(ids, p.ID)
	}
	holds, err := h.standing.Standing(ctx, c, ids)
	if err != nil {
		return nil, false, err
	}
	for i, p := range people {
		if i >= len(ids) || slices.Contains(holds[p.ID], s) {
			out = append(out, p.Email)
		}
	}
	return out, true, nil
}

// audience returns the messages that a change should have now, besides those that it has
// already: who decides is asked while there is something to decide, who asked and who is
// concerned hear of the end. What nobody can be told goes to the channel.
func (h *handler) audience(ctx context.Context, c change.Change) ([]want, error) {
	var out []want
	switch c.State {
	case change.Proposed:
		if c.Requester.Kind == change.ByPerson {
			out = append(out, want{key: key(asked, c.Requester.ID), person: c.Requester.ID, part: asked})
		}
		if c.Batch != "" {
			break // they are asked together
		}
		if c.Channel != "" {
			out = append(out, want{key: askKey(c.Asked, "room"), room: c.Channel, part: decides})
			people, err := h.escalatedTo(ctx, c)
			if err != nil {
				return nil, err
			}
			for _, p := range people {
				out = append(out, want{key: askKey(c.Asked, p), person: p, part: decides})
			}
			break
		}
		people, whole, err := h.deciders(ctx, c)
		if err != nil {
			return nil, err
		}
		for _, p := range people[:min(len(people), maxAsked)] {
			out = append(out, want{key: askKey(c.Asked, p), person: p, part: decides})
		}
		if len(people) == 0 || len(people) > maxAsked || !whole {
			out = append(out, want{key: askKey(c.Asked, "channel"), part: decides})
		}
	case change.Approved:
		// Who asked for what waits for nobody hears of it when it is done, and that it is not, once that takes longer.
		if c.Requester.Kind == change.ByPerson && c.Requirement.Mode == change.Auto && c.Attempts > 1 && !c.RetryAt.IsZero() {
			out = append(out, want{key: key(asked, c.Requester.ID), person: c.Requester.ID, part: asked})
		}
	case change.Applied:
		others := slices.ContainsFunc(c.Concerned, func(p string) bool { return p != c.Requester.ID })
		if c.Kind == change.AccessRevoke && c.Requester.Kind == change.ByPerson && !others {
			break // who gave access back themselves finds that in the message about it
		}
		for _, p := range c.Concerned {
			out = append(out, want{key: key(hears, p), person: p, part: hears})
		}
		if c.Requester.Kind == change.ByPerson && !slices.Contains(c.Concerned, c.Requester.ID) {
			out = append(out, want{key: key(hears, c.Requester.ID), person: c.Requester.ID, part: hears})
		}
		if len(out) == 0 && c.Batch == "" {
			out = append(out, want{key: key(hears, "channel"), room: c.Channel, part: hears})
		}
	case change.Denied, change.Expired:
		if c.Requester.Kind == change.ByPerson {
			out = append(out, want{key: key(hears, c.Requester.ID), person: c.Requester.ID, part: hears})
		}
	case change.Failed:
		out = append(out, want{key: fmt.Sprintf("failed-%d", c.Seq), room: c.Channel, part: decides})
		fallthrough
	case change.Withdrawn:
		// Who asked for what waited for nobody has no message yet that would show it.
		if c.Requester.Kind == change.ByPerson && c.Requirement.Mode == change.Auto {
			out = append(out, want{key: key(hears, c.Requester.ID), person: c.Requester.ID, part: hears})
		}
	case change.Reported:
		if c.Alert {
			out = append(out, want{key: key(hears, "channel"), room: c.Channel, part: hears})
		}
	}
	return out, nil
}

// escalatedTo returns the ids of those whom a change was escalated to: they are asked directly,
// because the channel has not answered.
func (h *handler) escalatedTo(ctx context.Context, c change.Change) ([]string, error) {
	if !c.Escalated || c.Requirement.Escalate == nil {
		return nil, nil
	}
	people, _, err := h.standing.People(ctx, c, c.Requirement.Escalate.To)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, p := range people[:min(len(people), maxAsked)] {
		if !(change.Actor{ID: p.ID}).Same(c.Requester) {
			out = append(out, p.ID)
		}
	}
	return out, nil
}

// deciders returns the ids of those who can decide, without the requester, who cannot. Whole is false where
// there may be others.
func (h *handler) deciders(ctx context.Context, c change.Change) (out []string, whole bool, err error) {
	var all []group.Person
	whole = true
	for _, s := range c.Requirement.Selectors(c.Escalated) {
		people, they, err := h.standing.People(ctx, c, s)
		if err != nil {
			return nil, false, err
		}
		all, whole = append(all, people...), whole && they
	}
	for _, p := range all {
		if !slices.Contains(out, p.ID) && !(change.Actor{ID: p.ID}).Same(c.Requester) {
			out = append(out, p.ID)
		}
	}
	return out, whole, nil
}

func key(p part, who string) string { return string(p) + "-" + who }

// askMark begins the keys of messages that ask for a decision.
const askMark = "ask"

func askKey(asked int, who string) string { return fmt.Sprintf("%s%d-%s", askMark, asked, who) }

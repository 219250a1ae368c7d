package catalogsync

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/openmetadata"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/ports/retry"
	"github.com/sekisho/sekisho/shared/state/notice"
	"github.com/sekisho/sekisho/shared/state/press"
	"github.com/sekisho/sekisho/shared/state/standing"
)

// explain answers what the policy says of a thing in the catalogue: here its owners, its tags and its
// domains can be read. Where they cannot, the answer says so, because rules ask for them.
func (h *handler) explain(ctx context.Context, e event.ExplainRule) error {
	if e.Request == "" || e.Person == "" || e.Operation == "" || e.Kind == "" {
		return cloudfn.Permanent(fmt.Errorf("explain %s on %s:%s: the question is not whole", e.Operation, e.Kind, e.Name))
	}
	var from standing.Sources
	if h.catalog != nil {
		from.Catalog = h.catalog
	}
	note := says(e.Language,
		"No data catalogue is connected: what is said here is as if it had no owner and no tag.",
		"データカタログが接続されていないため、所有者もタグもないものとして回答しています。")
	about, err := h.standing.Describe(ctx, e.Kind, e.Name, from)
	switch {
	case errors.Is(err, openmetadata.ErrNotDescribed), retry.IsPermanent(err):
		about = policy.Resource{Type: e.Kind, Name: e.Name}
		note = says(e.Language,
			"The data catalogue does not say whose it is: what is said here is as if it had no owner and no tag.",
			"データカタログから所有者とタグを確認できないため、どちらもないものとして回答しています。")
	case err != nil:
		return err
	case h.catalog != nil:
		note = ""
	}
	x, err := h.standing.May(ctx, e.Person, policy.Operation(e.Operation), about)
	if err != nil {
		return err
	}
	text := x.In(e.Language)
	if note != "" {
		text += "\n" + note
	}
	err = press.Record(ctx, h.store, press.Press{ID: e.Request, User: e.User, Channel: e.Channel, At: e.At, Outcome: press.Answered, Text: text})
	if err != nil {
		return err
	}
	return notice.Tell(ctx, h.queue, event.Notify{Subject: event.SubjectPress + e.Request}, "press-"+e.Request, time.Time{})
}

func says(language, english, japanese string) string {
	if language == "ja" {
		return japanese
	}
	return english
}

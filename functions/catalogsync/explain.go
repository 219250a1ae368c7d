package catalogsync

import (
	"context"
	"errors"
	"fmt"
	"strings"
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
// domains can be read, and whether the person administers the catalogue or is in a domain. Where they
// cannot, the answer says so, because rules ask for them.
func (h *handler) explain(ctx context.Context, e event.ExplainRule) error {
	if e.Request == "" || e.Person == "" || e.Operation == "" || e.Kind == "" {
		return cloudfn.Permanent(fmt.Errorf("explain %s on %s:%s: the question is not whole", e.Operation, e.Kind, e.Name))
	}
	var from standing.Sources
	var notes []string
	if h.catalog != nil {
		from.Catalog = h.catalog
	} else {
		notes = append(notes, says(e.Language,
			"No data catalogue is connected: what is said here is as if it had no owner and no tag, and as if nobody had an account there.",
			"データカタログが接続されていないため、所有者もタグもなく、誰もアカウントを持たないものとして回答しています。"))
	}
	about, err := h.standing.Describe(ctx, e.Kind, e.Name, from)
	switch {
	case errors.Is(err, openmetadata.ErrNotDescribed), retry.IsPermanent(err):
		about = policy.Resource{Type: e.Kind, Name: e.Name}
		notes = append(notes, says(e.Language,
			"The data catalogue does not say whose it is: what is said here is as if it had no owner and no tag.",
			"データカタログから所有者とタグを確認できないため、どちらもないものとして回答しています。"))
	case err != nil:
		return err
	}
	account, err := h.standing.Account(ctx, e.Person, e.Kind, from)
	switch {
	case retry.IsPermanent(err):
		notes = append(notes, says(e.Language,
			"The data catalogue does not say what the person is there: what is said here is as if they did not administer it and were in no domain.",
			"データカタログからこの人のアカウントを確認できないため、カタログの管理者ではなく、ドメインにも属していないものとして回答しています。"))
	case err != nil:
		return err
	}
	x, err := h.standing.May(ctx, e.Person, account, policy.Operation(e.Operation), about)
	if err != nil {
		return err
	}
	text := strings.Join(append([]string{x.In(e.Language)}, notes...), "\n")
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

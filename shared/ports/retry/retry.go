// Package retry says whether trying again can help. It is the one place that does: what receives
// messages and what carries out changes give up on the same errors.
//
// An error speaks for itself by a method Permanent() bool, as those of the vendors do. In doubt
// trying again wins: giving up loses something, and trying in vain ends by itself.
package retry

import (
	"errors"
	"reflect"

	"github.com/sekisho/sekisho/shared/ports/bus"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// Permanent marks an error for which trying again cannot help. Nil stays nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return permanentError{err}
}

type permanentError struct{ error }

func (e permanentError) Unwrap() error   { return e.error }
func (e permanentError) Permanent() bool { return true }

// IsPermanent reports whether trying again cannot help. The outermost error with a method
// Permanent decides. What breaks a rule of a port, such as a key that no store can hold because
// a message named it so, breaks it again every time.
//
// Of joined errors all must be permanent: while one of them may pass, trying again helps. An
// error that wraps several, as [fmt.Errorf] does with more than one %w, is all of them: one that
// is permanent is enough, unless another one says of itself that it passes.
func IsPermanent(err error) bool { return judge(err) == permanent }

// verdict is what an error says of itself.
type verdict int

const (
	unsaid verdict = iota
	permanent
	passing
)

func judge(err error) verdict {
	for err != nil {
		if p, ok := err.(interface{ Permanent() bool }); ok {
			if p.Permanent() {
				return permanent
			}
			return passing
		}
		if err == store.ErrInvalid || err == queue.ErrInvalid || err == bus.ErrInvalid {
			return permanent
		}
		switch u := err.(type) {
		case interface{ Unwrap() error }:
			err = u.Unwrap()
		case interface{ Unwrap() []error }:
			return judgeAll(u.Unwrap(), reflect.TypeOf(err) == joined)
		default:
			return unsaid
		}
	}
	return unsaid
}

// joined is the type of the errors that [errors.Join] makes.
var joined = reflect.TypeOf(errors.Join(errors.New("")))

// judgeAll looks at several errors in one, which stand side by side or say the same.
func judgeAll(parts []error, sideBySide bool) verdict {
	counts := map[verdict]int{}
	for _, part := range parts {
		counts[judge(part)]++
	}
	switch {
	case counts[passing] > 0:
		return passing
	case counts[permanent] > 0 && (!sideBySide || counts[unsaid] == 0):
		return permanent
	}
	return unsaid
}

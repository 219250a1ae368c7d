package desk

import (
	"errors"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/grant"
)

// Offer is one thing that an asker may ask for now, as programs read it. Its form says the same to
// people.
type Offer struct {
	// Name is what the desk's word stands for: an entitlement, a system, a service.
	Name string
	// Place is where access is given; zero where the offer is none of access.
	Place grant.Scope
	// Roles are those that can be had.
	Roles []string
	// Most is for how long it can be had at most, from now; zero where it has no end.
	Most time.Duration
	// Approval says who lets the asker have it.
	Approval grant.Approval
	// Reason is the regular expression that the reason has to match; empty where any reason will do.
	Reason string
	// Form is the form for this one thing.
	Form Form
}

// approvalBy returns what a mode means for who asks.
func approvalBy(m change.Mode) grant.Approval {
	if m == change.Auto {
		return grant.BySelf
	}
	return grant.ByQuorum
}

// unlessRefused returns an error, unless it is that the asker may not ask for something.
func unlessRefused(err error) error {
	var no *Refused
	if errors.As(err, &no) {
		return nil
	}
	return err
}

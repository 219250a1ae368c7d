package policy

// Recorded is a past decision.
type Recorded struct {
	// ID names the entry of the audit log, or the change, that it was read from.
	ID string
	Request
	Allowed bool
}

// Again is a past decision, decided again.
type Again struct {
	Recorded
	// Name is the address of the subject, where the directory knows it.
	Name string
	// Before is the answer of the policy that is in force. Where it is not the recorded one,
	// people, groups or owners have changed since, or an earlier policy decided.
	Before, After Decision
}

// Under decides a past request again, by the policy in force and by another one. The answers of a nil
// engine are all no.
func (r Recorded) Under(inForce, other *Engine) Again {
	return Again{Recorded: r, Name: nameOf(r.Subject, other, inForce), Before: inForce.Decide(r.Request), After: other.Decide(r.Request)}
}

// nameOf returns the address of a person, or what the person was called in the question.
func nameOf(person string, engines ...*Engine) string {
	for _, e := range engines {
		if e == nil {
			continue
		}
		if m := e.member(person); m != nil && m.Email != "" {
			return m.Email
		}
	}
	return person
}

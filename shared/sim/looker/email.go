package looker

import (
	"encoding/json"
	"strings"
	"time"
)

// Mail is what the instance sent to somebody by itself.
type Mail struct {
	To string
	// Setup says that it invites to set an account up; otherwise it resets a password.
	Setup bool
	// Link is the one-time address in it.
	Link string
	At   time.Time
}

// resetLife is how long the address of a password's reset is good.
const resetLife = time.Hour

// Mails returns all mails that the instance has sent, oldest first.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.mails...)
}

func (c *call) showEmail(a *account) object {
	return c.showCredential(a, a.credential("email"), c.s.base()+"/users/"+a.id)
}

// withEmail finds the user of a path, who must have an address and a password.
func (c *call) withEmail() (*user, error) {
	u, err := c.byID()
	if err != nil {
		return nil, err
	}
	if !c.s.admin() {
		return nil, forbidden()
	}
	if u.seen(c.now).credential("email") == nil || u.truth().credential("email") == nil {
		return nil, notFound()
	}
	return u, nil
}

// getEmail answers user_credentials_email.
func getEmail(c *call) (any, error) {
	u, err := c.withEmail()
	if err != nil {
		return nil, err
	}
	return c.showEmail(u.seen(c.now)), nil
}

// createEmail answers create_user_credentials_email: the user gets an address, and an account
// that is still to be set up.
func createEmail(c *call) (any, error) {
	var body map[string]json.RawMessage
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	u, err := c.byID()
	if err != nil {
		return nil, err
	}
	if !c.s.admin() {
		return nil, forbidden()
	}
	var email string
	for _, name := range sortedKeys(body) {
		if _, known := userShape["credentials_email"][name]; !known {
			return nil, invalid(name, "invalid", "there is no such field")
		}
	}
	if json.Unmarshal(body["email"], &email) != nil {
		return nil, invalid("email", "missing_field", "an address is needed")
	}
	local, domain, ok := cut(email)
	switch other := c.s.byEmail(email); {
	case !ok || local == "" || !strings.Contains(domain, "."):
		return nil, invalid("email", "invalid", "no address")
	case u.truth().credential("email") != nil:
		return nil, conflict()
	case other != nil && other != u:
		return nil, invalid("email", "already_exists", "the address is taken")
	}
	u.change(c.now, c.s.o.Lag, func(a *account) {
		a.email = strings.ToLower(email)
		a.credentials = append(a.credentials, credential{kind: "email", created: c.now})
		a.setup = c.s.secret("setup", a.id, c.now)
	})
	return c.showEmail(u.truth()), nil
}

// createReset answers create_user_credentials_email_password_reset.
func createReset(c *call) (any, error) {
	expires, given, err := c.flag("expires")
	if err != nil {
		return nil, err
	}
	u, err := c.withEmail()
	if err != nil {
		return nil, err
	}
	c.reset(u, expires || !given)
	return c.showEmail(u.truth()), nil
}

// sendReset answers send_user_credentials_email_password_reset: a mail to set the account up, or
// where that is done, to set a new password.
func sendReset(c *call) (any, error) {
	u, err := c.withEmail()
	if err != nil {
		return nil, err
	}
	mail := Mail{To: u.truth().email, Setup: u.truth().setup != "", At: c.now}
	if !mail.Setup {
		c.reset(u, true)
	}
	link := c.s.link("password/reset", u.truth().reset)
	if mail.Setup {
		link = c.s.link("account/setup", u.truth().setup)
	}
	mail.Link, _ = link.(string)
	c.s.mails = append(c.s.mails, mail)
	return c.showEmail(u.truth()), nil
}

func (c *call) reset(u *user, expires bool) {
	u.change(c.now, c.s.o.Lag, func(a *account) {
		a.reset, a.resetEnds = c.s.secret("reset", a.id, c.now), time.Time{}
		if expires {
			a.resetEnds = c.now.Add(resetLife)
		}
	})
}

// cut divides an address.
func cut(email string) (local, domain string, ok bool) { return strings.Cut(email, "@") }

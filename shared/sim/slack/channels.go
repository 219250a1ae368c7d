package slack

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrNoChannel is returned for a channel that the workspace does not have.
var ErrNoChannel = errors.New("no such channel in the workspace")

// Channel is a public or private channel.
type Channel struct {
	Name      string   // with or without "#"
	Members   []string // addresses of people
	Private   bool
	Archived  bool
	BotAbsent bool // the app is not a member
}

// channel is a channel, or the direct messages of one person with the app.
type channel struct {
	id, name          string
	im                *person // whose direct messages, nil for a channel
	private, archived bool
	bot               bool // the app is a member
	members           []*person
	created           int64
}

func (ch *channel) has(p *person) bool {
	return ch.im == p || slices.Contains(ch.members, p)
}

// AddChannel adds a channel, or changes the one with the same name.
func (s *Server) AddChannel(c Channel) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	members, err := s.actors(c.Members)
	if err != nil {
		return err
	}
	s.addChannel(c).members = members
	return nil
}

func (s *Server) addChannel(c Channel) *channel {
	name := strings.TrimPrefix(c.Name, "#")
	ch := s.channelByName(name)
	if ch == nil {
		ch = &channel{id: hashedID("C", name), name: name, created: s.opt.Now().Unix()}
		s.enlist(ch)
	}
	ch.private, ch.archived, ch.bot = c.Private, c.Archived, !c.BotAbsent
	return ch
}

// Join makes people members of a channel.
func (s *Server) Join(channel string, emails ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, people, err := s.channelAndPeople(channel, emails)
	if err != nil {
		return err
	}
	for _, p := range people {
		if !ch.has(p) {
			ch.members = append(ch.members, p)
		}
	}
	return nil
}

// Leave ends the membership of people in a channel.
func (s *Server) Leave(channel string, emails ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, people, err := s.channelAndPeople(channel, emails)
	if err != nil {
		return err
	}
	ch.members = slices.DeleteFunc(ch.members, func(p *person) bool { return slices.Contains(people, p) })
	return nil
}

// ChannelID returns the id of a channel by its name; the boolean is false when there is none.
func (s *Server) ChannelID(name string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.channelByName(name)
	if ch == nil {
		return "", false
	}
	return ch.id, true
}

func (s *Server) channelAndPeople(name string, emails []string) (*channel, []*person, error) {
	ch := s.channelByName(name)
	if ch == nil {
		return nil, nil, fmt.Errorf("%w: %s", ErrNoChannel, name)
	}
	people, err := s.actors(emails)
	return ch, people, err
}

func (s *Server) actors(emails []string) ([]*person, error) {
	var people []*person
	for _, email := range emails {
		p, err := s.actor(email)
		if err != nil {
			return nil, err
		}
		people = append(people, p)
	}
	return people, nil
}

func (s *Server) channelByName(name string) *channel {
	name = strings.TrimPrefix(name, "#")
	return s.channelIDs[hashedID("C", name)]
}

// channelByID returns a channel that the app can name: one that is public, its own direct
// messages, or a private one that it is in.
func (s *Server) channelByID(id string) *channel {
	ch := s.channelIDs[id]
	if ch == nil || (ch.private && !ch.bot) {
		return nil
	}
	return ch
}

// directMessages returns the person's direct messages with the app, opened if they were not.
func (s *Server) directMessages(p *person) (ch *channel, wasOpen bool) {
	id := hashedID("D", p.id)
	if ch := s.channelByID(id); ch != nil {
		return ch, true
	}
	ch = &channel{id: id, im: p, bot: true, created: s.opt.Now().Unix()}
	s.enlist(ch)
	return ch, false
}

func (s *Server) enlist(ch *channel) {
	s.channels = append(s.channels, ch)
	s.channelIDs[ch.id] = ch
}

// addressee checks that the app may open direct messages with a person.
func (s *Server) addressee(userID string) (*person, error) {
	p := s.personByID(userID)
	switch {
	case p == nil:
		return nil, refuse("user_not_found")
	case p.Deleted:
		return nil, refuse("user_disabled")
	case p.Bot || p.Email == "":
		return nil, refuse("cannot_dm_bot")
	case s.stranger(p):
		return nil, refuse("user_not_visible")
	}
	return p, nil
}

// destination returns the channel that an argument of chat.postMessage names: by its id, by
// its name, or by the user id of the person whose direct messages are meant.
func (s *Server) destination(channelArg string) (*channel, error) {
	if p := s.personByID(channelArg); p != nil {
		if _, err := s.addressee(channelArg); err != nil {
			return nil, refuse("channel_not_found")
		}
		ch, _ := s.directMessages(p)
		return ch, nil
	}
	ch := s.channelByID(channelArg)
	if ch == nil {
		ch = s.channelByName(channelArg)
	}
	switch {
	case ch == nil, ch.private && !ch.bot:
		return nil, refuse("channel_not_found")
	case ch.archived, ch.im != nil && ch.im.Deleted:
		return nil, refuse("is_archived")
	case !ch.bot:
		return nil, refuse("not_in_channel")
	}
	return ch, nil
}

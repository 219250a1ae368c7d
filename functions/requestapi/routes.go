package requestapi

import (
	"context"
	"net/http"
	"time"
)

// route is one method of one path, with what its description says.
type route struct {
	Method, Path, Summary string
	// Verb is what the audit calls it.
	Verb string
	// Takes and Gives are examples of what is sent and of what is answered, for the schemas; nothing
	// is sent where Takes is nil.
	Takes, Gives any
	// Keyed says that it asks for something, so that it needs a key and answers with 201.
	Keyed bool
	// Problems are the statuses of the problems of its own.
	Problems []int
	Answer   func(context.Context, *question) (any, error)
}

func (h *handler) routes() []route {
	return []route{
		{
			Method: http.MethodGet, Path: "/v1/offers", Verb: "offers", Gives: Offers{}, Answer: h.offers,
			Summary: "What the person may ask for now, by desk and name, with the fields to fill in.",
		},
		{
			Method: http.MethodPost, Path: "/v1/check", Verb: "check", Takes: Submission{}, Gives: Checked{}, Answer: h.check,
			Summary: "Whether a request would be taken. Nothing is asked for, and nothing is written.", Problems: []int{400, 413, 415, 422},
		},
		{
			Method: http.MethodGet, Path: "/v1/requests", Verb: "list", Gives: Requests{}, Answer: h.list,
			Summary: "What the person asked for and what is under way, or is access that has not ended; the newest first.",
		},
		{
			Method: http.MethodPost, Path: "/v1/requests", Verb: "submit", Takes: Submission{}, Gives: Receipt{}, Keyed: true, Answer: h.submit,
			Summary: "Asks for something.", Problems: []int{400, 409, 413, 415, 422},
		},
		{
			Method: http.MethodGet, Path: "/v1/requests/{request}", Verb: "read", Gives: Request{}, Answer: h.read,
			Summary: "How something stands that the person asked for.", Problems: []int{404},
		},
		{
			Method: http.MethodPost, Path: "/v1/requests/{request}/give-back", Verb: "give-back", Gives: Receipt{}, Keyed: true, Answer: h.giveBack,
			Summary: "Gives access back before it ends. Nobody is asked.", Problems: []int{400, 404, 409},
		},
		{
			Method: http.MethodPost, Path: "/v1/requests/{request}/extend", Verb: "extend", Gives: Receipt{}, Keyed: true, Answer: h.extend,
			Summary: "Asks for access for as long again, or for as much of that as there is. It is decided afresh.", Problems: []int{400, 404, 409},
		},
	}
}

// Submission is what is asked for.
type Submission struct {
	// Desk is access, account or connect.
	Desk string `json:"desk"`
	// Fields are those of the desk's form, by name.
	Fields Fields `json:"fields"`
}

// Checked is the answer for what would be taken.
type Checked struct {
	Valid bool `json:"valid"`
}

// Receipt says what was asked for. It is the same however often the request arrives, whatever has
// become of it since.
type Receipt struct {
	ID string `json:"id"`
	// Kind is that of the change, Name what it is done to as people call it.
	Kind     string    `json:"kind"`
	Name     string    `json:"name"`
	Proposed time.Time `json:"proposed"`
	// Link is where to read how it stands.
	Link string `json:"link"`
}

// Offers are what the person may ask for now.
type Offers struct {
	Offers []Offer `json:"offers"`
}

// Offer is one thing to ask for.
type Offer struct {
	Desk string `json:"desk"`
	// Name is the entitlement, the system or the service.
	Name  string `json:"name"`
	Title string `json:"title"`
	// Terms say to people how it is decided and what to mind.
	Terms []string `json:"terms,omitempty"`
	Place *Place   `json:"place,omitempty"`
	Roles []string `json:"roles,omitempty"`
	// MaxSeconds is for how long it can be had at most, from now.
	MaxSeconds int `json:"max_seconds,omitempty"`
	// Approval is self where nobody is asked, quorum where others are, and break-glass where it is
	// looked at afterwards.
	Approval string `json:"approval"`
	// ReasonPattern is the regular expression, as Go reads it, that the reason has to match.
	ReasonPattern string  `json:"reason_pattern,omitempty"`
	Fields        []Field `json:"fields"`
}

// Place is where access is given.
type Place struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

// Field is one field to fill in.
type Field struct {
	Name  string `json:"name"`
	Label string `json:"label"`
	Hint  string `json:"hint,omitempty"`
	// Kind is text, long for text of several lines, choice for one of the options, many for some of
	// them, or people for the address of somebody in the directory.
	Kind     string   `json:"kind"`
	Required bool     `json:"required"`
	Options  []Option `json:"options,omitempty"`
	// Value is what stands in it at first.
	Value []string `json:"value,omitempty"`
}

// Option is one thing to choose.
type Option struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// Requests are what the person asked for.
type Requests struct {
	Requests []Request `json:"requests"`
}

// Request is how something stands that the person asked for.
type Request struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"`
	Name     string    `json:"name"`
	State    string    `json:"state"`
	Reason   string    `json:"reason,omitempty"`
	Proposed time.Time `json:"proposed"`
	Updated  time.Time `json:"updated"`
	// Facts are what was asked for, one by one.
	Facts []Fact `json:"facts"`
	// Asked says in words who is asked, and Deadline until when they can decide; both are absent
	// where nobody is waited for.
	Asked     []string   `json:"asked,omitempty"`
	Deadline  time.Time  `json:"deadline,omitzero"`
	Decisions []Decision `json:"decisions,omitempty"`
	// Until is when access ends by itself.
	Until time.Time `json:"until,omitzero"`
	// Problem says why it is not done.
	Problem string `json:"problem,omitempty"`
	// Can are the paths below this one that make sense now: give-back, extend.
	Can []string `json:"can,omitempty"`
}

// Fact is one part of what was asked for.
type Fact struct {
	Field string `json:"field"`
	Value string `json:"value"`
}

// Decision is what somebody decided.
type Decision struct {
	By      string    `json:"by"`
	Verdict string    `json:"verdict"`
	At      time.Time `json:"at"`
}

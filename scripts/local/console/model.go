package console

import "time"

// What the page shows. These types hold no logic and know no HTML; the templates show them as
// they are.

// page is the whole page.
type page struct {
	Nonce   string
	Version string // of the assets
	Here    string // the view as a query, for the stream
	Notice  *notice
	Hints   []hint
	Clock   clockPart
	Groups  groupsPart
	Group   groupPart
	Changes changesPart
	// Connections are those to data sources, with whose data they carry.
	Connections []connectionLine
	Slack       slackPart
	Numbers     numbersPart
}

// sorryPage says why there is no page.
type sorryPage struct{ Nonce, Version, Title, Text string }

// form is what every form carries.
type form struct {
	Token string
	View  string
}

// notice tells what became of something that was just done.
type notice struct {
	Kind string // "done", "refused" or "wrong"; "aside" where nothing was to become of it
	Text string
}

// hint is one of the first steps of somebody new.
type hint struct {
	N     int
	Title string
	Text  string
	Href  string
}

type clockPart struct {
	form
	Now     time.Time
	Problem string
	Running *runningPart
	// News is the newest change in one line, for screen readers.
	News string
}

type runningPart struct {
	To      time.Time
	Percent int
}

type groupsPart struct {
	Search string
	Hidden []pair
	Total  int
	Shown  []groupLine
	Hiding int // how many more match
}

type groupLine struct {
	Name, Email string
	Href        string
	Selected    bool
	Secure      bool
	Findings    int
	Known       bool // the mirror knows its settings
}

// groupPart is the group that is open. Where none is, Email is empty.
type groupPart struct {
	form
	Name, Email, Description string
	Secure                   bool
	People                   []personGroup // who may change its settings
	Settings                 []settingLine
	Members                  []memberLine
	MoreMembers              int
	Findings                 []string
	Waivers                  []waiverLine
	Mirror                   mirrorLine
	ByHidden                 []pair
}

type personGroup struct {
	Label  string
	People []personChoice
}

type personChoice struct {
	Value, Text string
	Selected    bool
}

type settingLine struct {
	Field, Words string
	Value        string
	ValueWords   string
	Choices      []valueChoice
	Ruled        bool   // some rule speaks of it
	Against      bool   // the value is not as the rules want it
	Mirror       string // in words, what the mirror holds where it is something else
}

type valueChoice struct {
	Value, Words string
	Selected     bool
	Against      bool
}

type memberLine struct {
	Name, Email, Role, Kind string
	Href                    string // of a group that is a member
	Lang                    string
}

type waiverLine struct {
	Words string
	Until time.Time
	Why   string
}

// mirrorLine is what the mirror knows of the group, and since when.
type mirrorLine struct {
	Known                         bool
	Members                       int
	MembersRead                   time.Time
	SettingsRead                  time.Time
	SameMembers, SettingsAreKnown bool
}

type changesPart struct {
	Lines       []changeLine
	MoreHref    string
	Alerts      []string
	Quarantined []quarantineLine
	TurnedAway  []auditLine
}

type connectionLine struct{ Name, Service, Setup, Owner string }

type changeLine struct {
	ID, State, StateWords, Kind, Mode string
	Target, TargetHref                string
	Undoes                            bool
	Diff                              []diffLine
	Reason, Requester                 string
	Needs                             string
	Deadline                          time.Time // zero where nobody is waited for
	Decisions                         []decisionLine
	Problem                           string
	Proposed, Updated                 time.Time
	Until                             time.Time
	Over                              bool // Until is past, or it was taken back
	UndoOf, UndoneBy                  string
	Alert                             bool
	Open                              bool
	ToggleHref                        string
	Audit                             []auditLine
	Policy                            string
}

type diffLine struct {
	Field, Words            string
	Before, After           string
	BeforeWords, AfterWords string
	Follows                 bool
}

type decisionLine struct {
	Who, Verdict string
	At           time.Time
	Void         string
}

type auditLine struct {
	At           time.Time
	Verb, Who    string
	From, To     string
	Refused      bool
	Text, Policy string
}

type quarantineLine struct {
	At                       time.Time
	Function, Source, Reason string
}

type slackPart struct {
	form
	Reader   string // address or channel; empty where there is nobody
	Name     string
	Lang     string
	Initials string
	Channel  bool // the reader is a channel: nobody presses anything
	Hidden   []pair
	Readers  []personGroup
	Chips    []chip
	Tabs     []tab
	Messages []messageLine
	Modal    *modalPart
	Window   *windowPart
	// Commands are the slash commands that can be typed; none where the reader is a channel.
	Commands []string
	// Shortcuts are buttons that type the most usual of them.
	Shortcuts []shortcut
}

type chip struct {
	Text, Href, Initials, Lang string
	Waiting                    int
	Selected                   bool
	Title                      string
}

type tab struct {
	Text, Href string
	Selected   bool
}

type messageLine struct {
	TS        string
	From      string
	App       bool
	At        time.Time
	Ephemeral bool
	Edited    bool
	Channel   string
	Heading   string
	Parts     []messagePart
	Lang      string
}

// messagePart is text with the buttons that belong to it.
type messagePart struct {
	Lines   []string
	Buttons []buttonLine
}

type buttonLine struct {
	Label, Style string
	N            int    // its number within the message
	Hidden       string // why it cannot be pressed here; empty where it can
}

type modalPart struct {
	Title, Submit, Close string
	Lines                []string
	Fields               []fieldLine
	Buttons              []string
}

type fieldLine struct {
	ID, Label, Hint, Value, Problem string
	Input                           string // text, number, date …; empty for a menu
	Many, Required                  bool
	Reports                         bool // the dialog is made anew when it is filled in
	Options                         []valueChoice
}

// windowPart is what the reader's browser shows.
type windowPart struct {
	Load        int    // tells a page from the same one loaded again
	Host, Whose string // at whose address the browser is, and whose page that is
	Theirs      bool   // it is not ours
	Title, Lang string
	Lines       []string
	Tests       []testLine
	Fields      []fieldLine
	Submit      string         // what the button says that sends the fields; empty where there are none
	Others      []personChoice // to whom the link can be passed on
}

// testLine is the result of one of the vendor's setup tests.
type testLine struct{ Title, Status, Message string }

type numbersPart struct {
	APIs          []apiLine
	Reads, Writes int
	Policy        string
	PolicyFiles   string
	Anchor        string
	Groups        int
	People        int
}

type apiLine struct {
	API, Words     string
	Calls, Refused int
	Failed         int
}

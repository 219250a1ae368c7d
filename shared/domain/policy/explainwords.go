package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/span"
)

// This file has all words that answers and explanations say to people, in English and Japanese.

// shown is how many rules of a sort are shown; the rest is counted.
const shown = 5

// decision says an answer in a few words.
func (v voice) decision(d Decision) string {
	policy, rule := d.Rule()
	switch d.Reason {
	case Allowed:
		return v.says("allowed by the rule %[1]s of the policy %[2]s", "ポリシー %[2]s のルール %[1]s が許可しています", rule, policy)
	case Denied:
		return v.says("denied by the rule %[1]s of the policy %[2]s", "ポリシー %[2]s のルール %[1]s が拒否しています", rule, policy)
	case Administrator:
		return v.says("allowed to administrators of the catalogue", "カタログの管理者には許可されています")
	case NotAllowed:
		return v.says("no rule allows it", "許可するルールがありません")
	case NoPolicy:
		return v.says("there is no policy, and what no policy allows is not allowed", "ポリシーがなく、ポリシーが許可しないことは許可されません")
	case Unknown:
		return v.says("the directory knows no such person, or several", "ディレクトリに該当する人がいないか、複数います")
	case Suspended:
		return v.says("the account is suspended", "アカウントが停止されています")
	case Program:
		return v.says("a program does not decide about what others ask for", "プログラムは他の人の依頼を承認・却下できません")
	case NothingAsked:
		return v.says("no operation or no type of resource was named", "操作または対象の種類が指定されていません")
	}
	return v.says("not allowed", "許可されません")
}

// String says the explanation in English, in several lines without a line break at the end.
func (x Explanation) String() string { return x.In("en") }

// In says the explanation in a language, in several lines without a line break at the end: Japanese
// for a BCP 47 tag that begins with ja, English for every other.
func (x Explanation) In(language string) string {
	s := speaker{voice: voiceOf(language)}
	s.headline(x)
	switch {
	case x.Decision.Reason == Allowed:
		s.findings(s.says("Allowed:", "許可しているルール:"), x.Because, s.finding)
		if x.Besides > 0 {
			s.line("%[1]d other %[2]s it as well.", "ほかにも %[1]d 件のルールが許可しています。", x.Besides, plural(x.Besides, "rule allows", "rules allow"))
		}
		s.findings(s.says("It would be denied if a condition were otherwise:", "条件が変われば拒否するルール:"), x.Nearly, s.finding)
	case x.Decision.Reason == Denied:
		s.findings(s.says("Denied:", "拒否しているルール:"), x.Because, s.finding)
		switch {
		case x.Otherwise != "":
			s.line("Without that, no rule would speak of it, and then %s.", "これがなければポリシーに定めがないことになり、%s。", Unspoken(x.Otherwise).in(s.voice))
		case len(x.Missing) == 0:
			s.line("Without that it would be allowed.", "これがなければ許可されます。")
		default:
			s.line("Without that, still no rule would allow %s.", "これがなくても、%s を許可するルールはありません。", s.operations(x.Missing))
		}
	case x.Silent != "" && len(x.Deciding) > 0:
		s.line("No rule allows this to anybody.", "これを許可するルールはありません。")
	case x.Silent != "":
		s.line("No rule allows this to anybody. Where policy does not speak of it, %s.", "これを許可するルールはありません。ポリシーに定めがない場合、%s。", Unspoken(x.Silent).in(s.voice))
	case x.Decision.Reason == NotAllowed && len(x.Nearly)+len(x.Elsewhere) == 0:
		s.line("No rule allows %[1]s on %[2]s to anybody.", "%[2]s への %[1]s を許可するルールはありません。", s.operations(x.Missing), x.Request.Resource.Type)
	case x.Decision.Reason == NotAllowed:
		s.line("No rule allows %s.", "%s を許可するルールが当てはまりません。", s.operations(x.Missing))
	default:
		s.line("Because: %s.", "理由: %s。", s.decision(x.Decision))
	}
	if !x.Decision.Allowed {
		missing := s.operations(x.Missing)
		s.findings(s.says("What could allow %s, if its condition were otherwise:", "条件が変われば %s を許可するルール:", missing), x.Nearly, s.finding)
		s.findings(s.says("What allows %s to others:", "ほかの人に %s を許可しているルール:", missing), x.Elsewhere, s.elsewhere)
	}
	if x.Concerned {
		s.line("Besides them, %s.", "それ以外に、%s。", Unspoken(x.Request.Operations[0]).in(s.voice))
	}
	s.deciding(x)
	s.named(x)
	return strings.TrimSuffix(s.out.String(), "\n")
}

// speaker writes one explanation.
type speaker struct {
	voice
	out strings.Builder
}

func (s *speaker) line(english, japanese string, args ...any) {
	s.out.WriteString(s.says(english, japanese, args...) + "\n")
}

func (s *speaker) headline(x Explanation) {
	operations, about := s.operations(x.Request.Operations), x.Request.Resource
	switch x.Answer() {
	case Yes:
		s.line("Yes: %s, %s on %s.", "はい: %s、%s、%s。", x.Person, operations, about)
	case InPart:
		s.line("In part: %s, %s on %s.", "一部のみ: %s、%s、%s。", x.Person, operations, about)
	case ByNoRule:
		s.line("By no rule: %s, %s on %s.", "ルールの定めなし: %s、%s、%s。", x.Person, operations, about)
	default:
		s.line("No: %s, %s on %s.", "いいえ: %s、%s、%s。", x.Person, operations, about)
	}
}

func (s *speaker) findings(head string, list []Finding, say func(Finding) string) {
	if len(list) == 0 {
		return
	}
	s.out.WriteString(head + "\n")
	for _, f := range list[:min(len(list), shown)] {
		s.out.WriteString("- " + say(f) + "\n")
	}
	if more := len(list) - shown; more > 0 {
		s.line("- and %d more", "- ほか %d 件", more)
	}
}

// deciding says what changes take of people, and whether the person is one of them.
func (s *speaker) deciding(x Explanation) {
	if len(x.Deciding) == 0 {
		return
	}
	s.line("Where people are asked:", "承認を求められた場合:")
	approvers := false
	for _, d := range x.Deciding {
		kinds := make([]string, len(d.Kinds))
		for i, k := range d.Kinds {
			kinds[i] = string(k)
		}
		needs := make([]string, len(d.Needs))
		for i, n := range d.Needs {
			needs[i] = s.says("%d of %s", "%[2]s から %[1]d 人", n.Count, n.From)
		}
		approvers = approvers || d.asks(change.Approvers)
		takes := s.sentence(needs)
		if e := d.Escalate; e != nil {
			takes += s.says(", after %[1]s of %[2]s too", "（%[1]s 後は %[2]s からも可）", span.Spell(e.After), e.To)
		}
		s.line("- %[1]s "+plural(len(kinds), "takes", "take")+" %[2]s: %[3]s", "- %[1]s には %[2]sが必要: %[3]s", s.sentence(kinds), takes, s.counted(x.Person, d))
	}
	switch {
	case !approvers:
	case x.Silent != "" || x.Decision.Reason == NoPolicy:
		s.line("No rule says who approvers are: %s.", "approvers を定めるルールがないため、%s。", Unspoken(x.Request.Operations[0]).in(s.voice))
	default:
		s.line("Approvers are those whom a rule allows it.", "approvers は、ルールが許可している人です。")
	}
}

// named says with which owners the person may ask for something new.
func (s *speaker) named(x Explanation) {
	if len(x.Named) == 0 {
		return
	}
	s.line("What is new has the owner whom its request names:", "新規の場合、所有者は依頼で指定された人です:")
	for _, n := range x.Named {
		why := ""
		if !n.May || n.Decision.Allowed {
			why = ": " + s.decision(n.Decision)
		}
		if n.May {
			s.line("- with %[1]s as its owner, %[2]s may ask%[3]s", "- 所有者が %[1]s の場合、%[2]s は依頼できます%[3]s", s.who(n.Owner), x.Person, why)
		} else {
			s.line("- with %[1]s as its owner, %[2]s may not ask%[3]s", "- 所有者が %[1]s の場合、%[2]s は依頼できません%[3]s", s.who(n.Owner), x.Person, why)
		}
	}
}

// who says who is referred to by an id or an address.
func (v voice) who(name string) string {
	if teams, ok := strings.CutPrefix(name, inTeam); ok {
		return v.says("somebody else in the team %s", "チーム %s の別の人", teams)
	}
	switch name {
	case Colleague:
		return v.says("somebody in the same groups", "同じグループの別の人")
	case Stranger:
		return v.says("somebody in none of the same groups", "同じグループにいない人")
	}
	return name
}

// counted says as what a person counts.
func (v voice) counted(person string, d Deciding) string {
	sets := make([]string, len(d.Counts))
	for i, c := range d.Counts {
		sets[i] = string(c)
	}
	switch {
	case len(sets) > 0:
		return v.says("%[1]s counts, as one of %[2]s", "%[1]s は %[2]s の一人として承認・却下できます", person, v.sentence(sets))
	case d.needs(change.Manager):
		return v.says("%s counts where it is a report of theirs who asks", "%s は部下の依頼についてのみ承認・却下できます", person)
	case d.Later:
		return v.says("%[1]s counts after %[2]s, as one of %[3]s", "%[1]s は %[2]s 後から %[3]s の一人として承認・却下できます", person, span.Spell(d.Escalate.After), d.Escalate.To)
	case d.asks(change.Manager):
		return v.says("%[1]s counts after %[2]s where it is a report of theirs who asks", "%[1]s は %[2]s 後から、部下の依頼についてのみ承認・却下できます", person, span.Spell(d.Escalate.After))
	}
	return v.says("%s does not count", "%s は承認・却下できません", person)
}

// Unspoken says who may do something where policy does not speak of it.
func Unspoken(o Operation) Phrase {
	switch o {
	case RequestAccount, RequestAccess, RequestConnection:
		return Phrase{"everybody may ask", "誰でも依頼できます"}
	case Undo:
		return Phrase{"those whom it concerns may ask for it, and those who decide about such changes", "関係する人と、その変更を承認・却下する人が取り消しを依頼できます"}
	case ReadAudit:
		return Phrase{"everybody may", "誰でもできます"}
	case ChangePolicy:
		return Phrase{"administrators do", "管理者ができます"}
	}
	return Phrase{"owners and administrators decide", "所有者と管理者が承認・却下します"}
}

// finding says one rule that reaches the person: the way to it, and its condition.
func (v voice) finding(f Finding) string {
	out := fmt.Sprintf("%s: %s", f.Operation, v.path(f.Path))
	if f.Condition == "" {
		return out
	}
	checks := make([]string, len(f.Checks))
	for i, c := range f.Checks {
		if c.Holds {
			checks[i] = v.says("%s holds, because %s", "%s は成立 (%s)", c.Text, c.Why.in(v))
		} else {
			checks[i] = v.says("%s does not hold, because %s", "%s は不成立 (%s)", c.Text, c.Why.in(v))
		}
	}
	return out + v.says("\n  under the condition %s: %s", "\n  条件 %s: %s", f.Condition, strings.Join(checks, v.says("; ", "、")))
}

// elsewhere says one rule that reaches others.
func (v voice) elsewhere(f Finding) string {
	open := make([]string, len(f.Open))
	for i, s := range f.Open {
		if open[i] = string(s); s == everybody {
			open[i] = v.says("everybody", "全員")
		}
	}
	if len(open) > shown {
		open = append(open[:shown:shown], v.says("%d more", "ほか %d 件", len(f.Open)-shown))
	}
	out := v.says("%s: %s, for %s", "%s: %s、対象は %s", f.Operation, v.path(f.Path), v.sentence(open))
	if f.Condition != "" {
		out += v.says("\n  under the condition %s", "\n  条件 %s", f.Condition)
	}
	return out
}

// stepWords are the words for kinds of step.
var stepWords = map[StepKind]Phrase{
	GroupStep:  {"group", "グループ"},
	OwnerStep:  {"owned by the team", "所有チーム"},
	TeamStep:   {"team", "チーム"},
	RoleStep:   {"role", "ロール"},
	PolicyStep: {"policy", "ポリシー"},
	RuleStep:   {"rule", "ルール"},
}

func (v voice) path(path []Step) string {
	words := make([]string, len(path))
	for i, s := range path {
		words[i] = s.Name
		if word, ok := stepWords[s.Kind]; ok {
			words[i] = word.in(v) + " " + s.Name
		}
	}
	return strings.Join(words, " → ")
}

// why says what a function looked at.
func (x *explainer) why(n *node, at *way) Phrase {
	return Phrase{English: x.whyIn(english, n, at), Japanese: x.whyIn(japanese, n, at)}
}

func (x *explainer) whyIn(v voice, n *node, at *way) string {
	res := x.resource
	switch n.test {
	case noOwner, isOwner:
		return v.references(res.Owners, Phrase{"it has no owner", "所有者なし"}, Phrase{"its owner is", "所有者は"}, Phrase{"its owners are", "所有者は"})
	case isReviewer:
		return v.references(res.Reviewers, Phrase{"it has no reviewer", "レビュー担当者なし"}, Phrase{"its reviewer is", "レビュー担当者は"}, Phrase{"its reviewers are", "レビュー担当者は"})
	case matchAllTags, matchAnyTag:
		if len(res.Tags) == 0 {
			return v.says("it has no tags", "タグなし")
		}
		return v.says(plural(len(res.Tags), "its only tag is", "its tags are")+" %s", "タグは %s", v.sentence(res.Tags))
	case matchAnyCertification:
		if res.Certification == "" {
			return v.says("it is not certified", "認定なし")
		}
		return v.says("its certification is %s", "認定は %s", res.Certification)
	case matchTeam:
		return x.whyMatchTeam(v, at)
	case inAnyTeam:
		return v.says("%s is in %s", "%s は%s", x.explanation.Person, v.members(x.teamNames(x.subject.under), Phrase{"team", "チーム"}))
	case hasAnyRole:
		return v.says("%s has %s", "%s は%s", x.explanation.Person, v.members(x.roleNames(x.subject.roles), Phrase{"role", "ロール"}))
	case hasDomain:
		return x.whyDomain(v)
	case noDomain:
		return v.says("it has %s", "対象は%s", v.members(res.Domains, domainWord))
	}
	return ""
}

var domainWord = Phrase{"domain", "ドメイン"}

func (x *explainer) whyDomain(v voice) string {
	if x.resource.Name == "" {
		return v.says("the question is about a listing", "一覧についての質問")
	}
	return v.says("%s has %s and it has %s", "%s は%s、対象は%s",
		x.explanation.Person, v.members(x.subject.Domains, domainWord), v.members(x.resource.Domains, domainWord))
}

func (x *explainer) whyMatchTeam(v voice, at *way) string {
	person := x.explanation.Person
	if at.team == noTeam {
		return v.says("the policy comes by a role of %s and not by a team", "ポリシーはチームではなく %s のロールによるもの", person)
	}
	team := x.model.Teams[at.team].Name
	switch {
	case len(x.owners) == 0:
		return v.says("it has no owner", "所有者なし")
	case !slices.ContainsFunc(x.owners, func(o principal) bool { return x.under(o, at.team) }):
		owners := v.references(x.resource.Owners, Phrase{}, Phrase{}, Phrase{})
		return v.says("no owner of it is in the team %s: %s", "チーム %s に属する所有者がいない: %s", team, owners)
	case !x.subject.under.has(at.team):
		return v.says("%s is not in the team %s", "%s はチーム %s に属していない", person, team)
	}
	return v.says("%s and an owner of it are in the team %s", "%s と所有者がチーム %s に属している", person, team)
}

// members says which things of a sort there are: "no team", "the team a", "the teams a and b".
func (v voice) members(names []string, what Phrase) string {
	switch len(names) {
	case 0:
		return v.says("no %s", "%sなし", what.in(v))
	case 1:
		return v.says("the %s %s", "%s %s", what.in(v), names[0])
	}
	return v.says("the %ss %s", "%s %s", what.in(v), v.sentence(names))
}

// references says who is referred to, after words for none, one and several of them.
func (v voice) references(all []Reference, none, one, several Phrase) string {
	words := make([]string, len(all))
	for i, r := range all {
		words[i] = v.who(r.Name)
		if r.Type == TypeTeam {
			words[i] = v.says("the team %s", "チーム %s", r.Name)
		}
	}
	head := several
	switch len(all) {
	case 0:
		return none.in(v)
	case 1:
		head = one
	}
	return strings.TrimPrefix(head.in(v)+" "+v.sentence(words), " ")
}

func (v voice) operations(some []Operation) string {
	words := make([]string, len(some))
	for i, o := range some {
		words[i] = string(o)
	}
	return cmp.Or(v.sentence(words), v.says("nothing", "操作の指定なし"))
}

func (x *explainer) teamNames(s set) []string {
	var out []string
	for i, t := range x.model.Teams {
		if s.has(i) {
			out = append(out, t.Name)
		}
	}
	return out
}

func (x *explainer) roleNames(s set) []string {
	var out []string
	for i, r := range x.model.Roles {
		if s.has(i) {
			out = append(out, r.Name)
		}
	}
	return out
}

// sayTest says one function of a condition as it is called.
func sayTest(n *node) string {
	names := make([]string, len(n.names))
	for i, name := range n.names {
		names[i] = "'" + name + "'"
	}
	return functionOf[n.test].name + "(" + strings.Join(names, ", ") + ")"
}

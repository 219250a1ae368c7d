package idle

// GivenBack returns what a person has again of the roles that a stopped account had, when a request asks for some, and
// these. Whoever decides about a request sees what it asks for; so of the others only those come back that the person
// could ask for now, which are offered.
func GivenBack(had, offered, asked []Role) []Role {
	back := RolesWithout(had, RolesWithout(had, append(offered[:len(offered):len(offered)], asked...)))
	return append(back, RolesWithout(asked, back)...)
}
